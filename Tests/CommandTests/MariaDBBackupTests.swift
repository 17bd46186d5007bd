import Foundation
import TestSupport
import Testing

/// `db backup` and `db restore` on MariaDB, with its own client and dump as referees.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct MariaDBBackupTests {
  let folder: TemporaryDirectory
  let database: TestDatabase

  init() throws {
    folder = try TemporaryDirectory()
    database = try TestDatabase(on: TestServers.mariadb)
  }

  private func nb(_ arguments: String...) throws -> NB.Result {
    try NB.run(arguments, in: folder)
  }

  @discardableResult
  private func ok(_ arguments: String...) throws -> String {
    let result = try NB.run(arguments, in: folder)
    #expect(result.status == 0, "\(arguments): \(result.errors)")
    return result.errors
  }

  /// Runs one of MariaDB's own programs on a database.
  private func client(_ program: String, _ database: TestDatabase) throws -> String {
    let server = database.server
    let result = try NB.shell(
      """
      export MYSQL_PWD=\(server.password)
      set -- --default-character-set=utf8mb4 -h 127.0.0.1 -P \(server.port) -u \(server.user)
      \(program)
      """.replacing("DATABASE", with: database.name), in: folder)
    #expect(result.status == 0, "\(result.errors)")
    return result.output
  }

  /// What mariadb-dump says of a database, whatever its name is.
  private func dump(_ database: TestDatabase) throws -> String {
    try client(
      """
      mariadb-dump "$@" --skip-dump-date --skip-extended-insert --hex-blob --routines --events \
        --skip-comments DATABASE | sed 's/DATABASE/NAME/g'
      """, database)
  }

  private func makeNumbers(_ rows: Int) throws {
    try database.sql(
      "create table t (i int primary key, x text);"
        + "insert into t select seq, repeat('x', seq % 90) from seq_1_to_\(rows)")
  }

  // MARK: Round trips

  @Test func everythingComesBackByNBAndByMariaDB() throws {
    try database.sql(MariaDBBackupSchema.sql)
    let before = try dump(database)
    let notes = try ok("db", "backup", database.url, "b.sql")
    #expect(notes.contains("maybe newer than the rest: myisam_t"), "\(notes)")
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("b.sql"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let byClient = try TestDatabase(on: TestServers.mariadb)
    _ = try client("mariadb \"$@\" DATABASE < b.sql", byClient)
    #expect(try dump(byClient) == before)
    let byExec = try TestDatabase(on: TestServers.mariadb)
    try ok("db", "exec", byExec.url, "-f", "b.sql")
    #expect(try dump(byExec) == before)
    let restored = try TestDatabase(on: TestServers.mariadb)
    // Into an empty database, and over what is there already.
    for _ in 1...2 {
      try ok("db", "restore", restored.url, "b.sql", "--yes")
      #expect(try dump(restored) == before)
    }
    try ok("db", "restore", database.url, "b.sql", "--yes")
    #expect(try dump(database) == before)
  }

  @Test func aBackupOfAReplicaIsTheSame() throws {
    try makeNumbers(1000)
    try TestServers.mariadbReplica.waitForPrimary()
    var contents: Set<String> = []
    for server in [try TestServers.mariadb, try TestServers.mariadbReplica] {
      try ok("db", "backup", server.url(database: database.name), "b.sql", "--overwrite")
      let lines = try folder.read("b.sql").split(separator: "\n").filter { !$0.hasPrefix("--") }
      contents.insert(lines.joined(separator: "\n"))
    }
    #expect(contents.count == 1)
  }

  @Test func whatCannotBeCarriedIsSaid() throws {
    try database.sql(
      """
      create table gone (a int); create view broken as select * from gone; drop table gone;
      create table kept (a int); create view whole as select * from kept;
      create table sv (a int primary key, v int) with system versioning;
      insert into sv values (1, 1); update sv set v = 2;
      """)
    let notes = try ok("db", "backup", database.url, "b.sql")
    #expect(notes.contains("the view broken"), "\(notes)")
    #expect(notes.contains("the history of the table sv"), "\(notes)")
    try ok("db", "restore", database.url, "b.sql", "--yes")
    #expect(try database.sql("select count(*) from whole; select v from sv") == "0\n2\n")
  }

  @Test func aKeyOfAnotherDatabaseIsNotLeftHanging() throws {
    let other = try TestDatabase(on: TestServers.mariadb)
    try database.sql("create table p (id int primary key); insert into p values (1)")
    try other.sql(
      "create table c (p int, foreign key (p) references \(database.name).p (id)); "
        + "insert into c values (1)")
    try ok("db", "backup", database.url, "b.sql")
    let result = try nb("db", "restore", database.url, "b.sql", "--yes")
    #expect(result.status == 73)
    #expect(result.errors.contains("\(other.name).c has a foreign key"), "\(result.errors)")
    try other.sql("insert into c values (1)")
  }

  @Test func aRowLargerThanAStatementComesBack() throws {
    try database.sql(
      """
      create table t (i int primary key, x longtext, b longblob);
      insert into t select 1, repeat('ä''', 700000), repeat(x'00ff', 400000);
      insert into t select seq, repeat('y', 300), null from seq_2_to_5000;
      """)
    let sum = "select count(*), md5(group_concat(md5(concat_ws('|', i, x, hex(b))))) from t"
    let before = try database.sql("set group_concat_max_len = 10000000; \(sum)")
    try ok("db", "backup", database.url, "b.sql")
    try database.sql("drop table t")
    try ok("db", "restore", database.url, "b.sql", "--yes")
    #expect(try database.sql("set group_concat_max_len = 10000000; \(sum)") == before)
  }

  // MARK: Faults

  @Test func aRestoreThatFailsChangesNothing() throws {
    try makeNumbers(100)
    try database.sql(
      """
      create view v as select * from t; create trigger g before insert on t for each row set @a = 1
      """)
    try ok("db", "backup", database.url, "b.sql")
    try database.sql("delete from t where i > 3")
    let before = try dump(database)
    // As nb would have written it, had the view been like this.
    _ = try NB.shell(
      """
      sed -i 's/VIEW `v` AS select `t`.`i`/VIEW `v` AS select `t`.`gone`/' b.sql
      head -n -1 b.sql > body; sum=$(sha256sum < body | cut -d' ' -f1)
      tail -n 1 b.sql | sed "s/sha256 .*/sha256 $sum/" | cat body - > bad.sql
      """, in: folder)
    let result = try nb("db", "restore", database.url, "bad.sql", "--yes")
    #expect(result.status == 1)
    #expect(result.errors.contains("bad.sql:"), "\(result.errors)")
    #expect(result.errors.contains("gone"), "\(result.errors)")
    #expect(result.errors.contains("nothing was changed"), "\(result.errors)")
    #expect(try dump(database) == before)
  }

  @Test func anotherEnginesFileIsRefused() throws {
    try makeNumbers(10)
    try ok("db", "backup", database.url, "b.sql")
    let text = try folder.read("b.sql")
    try folder.write(text.replacing("of mysql\n", with: "of postgresql\n"), to: "pg.sql")
    try folder.write("select 1;", to: "plain.sql")
    for (file, word) in [("pg.sql", "backup of postgresql"), ("plain.sql", "db exec")] {
      let result = try nb("db", "restore", database.url, file, "--yes")
      #expect(result.status == 65, "\(file): \(result.errors)")
      #expect(result.errors.contains(word), "\(file): \(result.errors)")
    }
  }

  @Test(arguments: ["backup", "restore"])
  func anInterruptLeavesWhatWasThere(_ verb: String) throws {
    try makeNumbers(10)
    try database.sql("create trigger g before insert on t for each row set @a = 1")
    if verb == "restore" { try ok("db", "backup", database.url, "b.sql") }
    try database.sql("delete from t where i > 3")
    let before = try dump(database)
    // A restore waits with its RENAME, when all is loaded; a backup before its first row.
    let session = try NB.start(
      [
        "db", "exec", database.url, "--no-tx",
        "lock tables t \(verb == "restore" ? "read" : "write"); select sleep(60)",
      ], in: folder)
    try waitUntil("state like 'User sleep%'")
    let arguments = ["db", verb, database.url, "b.sql"] + (verb == "restore" ? ["--yes"] : [])
    let running = try NB.start(arguments, in: folder)
    try waitUntil("state like 'Waiting for table metadata lock%'")
    running.send(SIGINT)
    #expect(try running.finish().signal == SIGINT)
    session.send(SIGINT)
    _ = try session.finish()
    #expect(try dump(database) == before)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.filter { !$0.hasPrefix(".config") } == (verb == "restore" ? ["b.sql"] : []))
  }

  @Test func aRestoreThatIsKilledWhileItLoadsLeavesWhatWasThere() throws {
    try makeNumbers(200_000)
    try ok("db", "backup", database.url, "b.sql")
    try database.sql("delete from t where i > 3; create view v as select * from t")
    let before = try dump(database)
    let running = try NB.start(["db", "restore", database.url, "b.sql", "--yes"], in: folder)
    try waitUntil("db like 'nb\\\\_restore%'")
    running.send(SIGKILL)
    #expect(try running.finish().signal == SIGKILL)
    #expect(try dump(database) == before)
  }

  @Test func aRestoreTellsWhatAKilledOneLeft() throws {
    try makeNumbers(10)
    try ok("db", "backup", database.url, "b.sql")
    let left = "nb_restore_\(String(UInt64.random(in: .min ... .max), radix: 36))"
    try database.sql("create database \(left)")
    defer { _ = try? database.sql("drop database \(left)") }
    #expect(try ok("db", "restore", database.url, "b.sql", "--yes").contains(left))
  }

  @Test func whatMayNotBeReadIsNamed() throws {
    try makeNumbers(10)
    let user = "r\(database.name.suffix(8))"
    try database.sql(
      """
      create table closed (i int); create user '\(user)' identified by 'nb-secret';
      grant select on `\(database.name)`.t to '\(user)';
      grant show view on `\(database.name)`.* to '\(user)';
      """)
    defer { _ = try? database.sql("drop user '\(user)'") }
    let reader = try TestServers.mariadb.url(database: database.name, user: user)
    let result = try nb("db", "backup", reader, "b.sql")
    #expect(result.status == 77)
    #expect(result.errors.contains("closed"), "\(result.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    // It has no right to make a database either.
    try ok("db", "backup", database.url, "b.sql")
    let restore = try nb("db", "restore", reader, "b.sql", "--yes")
    #expect(restore.status == 77)
    #expect(restore.errors.contains("nb\\_restore\\_%"), "\(restore.errors)")
    #expect(try database.sql("select count(*) from t") == "10\n")
  }

  /// Waits until a session of this database, or of one that a restore made, is as wanted.
  private func waitUntil(_ condition: String) throws {
    let deadline = Date().addingTimeInterval(20)
    while Date() < deadline {
      let count = try database.sql(
        """
        select count(*) from information_schema.processlist
        where (db = database() or db like 'nb\\_restore%') and \(condition)
        """)
      if count != "0\n" { return }
    }
    Issue.record("never: \(condition)")
  }
}
