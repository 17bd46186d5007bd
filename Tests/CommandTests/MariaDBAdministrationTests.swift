import Foundation
import TestSupport
import Testing

/// Statistics, indexes, replicas, search and copies on MariaDB, as a script meets them.
@Suite(.needsServers) struct MariaDBAdministrationTests {
  private let fixture: Fixture
  private let database: TestDatabase

  init() throws {
    fixture = try Fixture()
    database = try TestDatabase(on: TestServers.mariadb)
  }

  // MARK: Statements that commit at once

  @Test func aFailureTellsWhatStays() throws {
    let result = try fixture.nb(
      "db", "exec", database.url,
      """
      create table a (i int primary key);
      insert into a values (1);
      insert into a values (1);
      """)
    #expect(result.status == 1)
    #expect(
      result.errors.contains(
        "line 1:1: CREATE TABLE commits at once here: it and what ran before it stay"),
      "\(result.errors)")
    // What came after it is undone.
    #expect(try database.sql("select count(*) from a") == "0\n")
    let clean = try fixture.nb(
      "db", "exec", database.url, "insert into a values (2); insert into a values (2)")
    #expect(clean.status == 1)
    #expect(!clean.errors.contains("commits at once"), "\(clean.errors)")
    #expect(try database.sql("select count(*) from a") == "0\n")
  }

  // MARK: Figures

  @Test func statsCountBytesAndRowsOfEveryTable() throws {
    try database.sql(
      """
      create table t (i int primary key, x text);
      insert into t select seq, repeat('x', 100) from seq_1_to_500;
      create view v as select * from t;
      """)
    let rows = try fixture.ok("db", "stats", database.url).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(rows.allSatisfy { $0.count == 5 })
    func value(_ kind: String, _ name: String, _ figure: String) -> String? {
      rows.first { $0[0] == kind && $0[1] == name && $0[2] == figure }?[3]
    }
    #expect(value("table", "t", "rows") == "500")
    #expect(value("table", "t", "engine") == "InnoDB")
    #expect(value("table", "t", "size").flatMap { Int($0) }.map { $0 >= 16384 } == true)
    #expect(value("database", database.name, "version")?.contains("MariaDB") == true)
    #expect(value("table", "v", "rows") == nil)
  }

  @Test func indexTellsWhichAreSuperfluous() throws {
    try database.sql(
      """
      create table t (i int primary key, a varchar(20), b varchar(20),
        key a1 (a), key a2 (a), key ab (a, b), unique key u (b), fulltext key ft (a),
        fulltext key ft2 (a, b));
      """)
    let rows = try fixture.ok("db", "index", database.url).split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false)
    }
    func suspicion(_ index: String) -> String? {
      rows.first { $0[1] == index }.map { String($0[7]) }
    }
    #expect(suspicion("a1")?.hasPrefix("prefix of ab") == true, "\(rows)")
    #expect(suspicion("a2")?.hasPrefix("duplicate of a1") == true, "\(rows)")
    // No statement of this database has used it.
    #expect(suspicion("ab") == "unused", "\(rows)")
    // What a constraint needs, and what nothing counts the use of.
    for index in ["PRIMARY", "u", "ft"] { #expect(suspicion(index) == "\\N", "\(rows)") }
    #expect(try fixture.nb("db", "index", database.url, "nowhere").status == 66)
  }

  // MARK: Replicas

  @Test(.timeLimit(.minutes(10))) func aReplicaThatLagsIsLeftOut() throws {
    let primary = try TestServers.start(.mariadb)
    let replica = try TestServers.start(.mariadb, upstream: primary)
    try replica.waitForPrimary()
    let url = primary.url() + "?read_hosts=127.0.0.1:\(replica.port)"
    let port = "select @@port"
    let read = try fixture.nb("db", "query", url, port, "--max-lag", "1h")
    #expect(read.output == "\(replica.port)\n", "\(read.errors)")
    try replica.sql("stop slave sql_thread")
    let stopped = try fixture.nb("db", "query", url, port, "--max-lag", "1h")
    #expect(stopped.status == 0, "\(stopped.errors)")
    #expect(stopped.output == "\(primary.port)\n")
    #expect(stopped.errors.contains("replication has stopped"), "\(stopped.errors)")
    // Without a limit any replica that answers will do.
    #expect(try fixture.ok("db", "query", url, port) == "\(replica.port)\n")
    #expect(try fixture.ok("db", "query", url, port, "--primary") == "\(primary.port)\n")
  }

  // MARK: Search

  @Test func searchFindsWordsPhrasesAndWhatTheIndexLacks() throws {
    try database.sql(
      """
      create table docs (id int primary key, title varchar(100), body text);
      insert into docs values (1, 'Birds', 'The swift is a swift bird'),
        (2, 'Languages', 'Swift is a language, and so on'), (3, 'To be', 'or not to be at all'),
        (4, 'R', 'statistics by R');
      """)
    let missing = try fixture.nb("db", "search", database.url, "docs", "swift")
    #expect(missing.status == 66)
    #expect(missing.errors.contains("--create-index"), "\(missing.errors)")
    func ids(_ words: String, _ flags: String...) throws -> [String] {
      let result = try NB.run(
        ["db", "search", database.url, "docs", words] + flags, in: fixture.directory)
      #expect(result.status == 0, "\(words): \(result.errors)")
      return result.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
    }
    #expect(try ids("swift", "--create-index") == ["1", "2"])
    #expect(try ids("\"to be\"") == ["3"])
    #expect(try ids("r") == ["4"])
    #expect(try ids("swift the") == ["1"])
    #expect(try ids("swift -a") == [])
    #expect(try ids("statistics -r") == [])
    #expect(try ids("\"a lang\"*") == ["2"])
    #expect(try ids("\"so on\" swift") == ["2"])
    #expect(try ids("swift", "-c", "title") == [])
    #expect(try ids("birds", "-c", "title") == ["1"])
    #expect(try ids("swift -birds", "-c", "body").sorted() == ["1", "2"])
    #expect(try ids("swift", "-n", "1") == ["1"])
    #expect(try ids("bird language", "--syntax", "native").sorted() == ["1", "2"])
    #expect(try ids("+swift -bird", "--syntax", "native") == ["2"])
    let json = try fixture.ok("db", "search", database.url, "docs", "language", "-o", "json")
    #expect(json.contains("\"snippet\":\"Swift is a [language], and so on\""), "\(json)")
    let malformed = try fixture.nb(
      "db", "search", database.url, "docs", "+(swift", "--syntax", "native")
    #expect(malformed.status == 1)
    #expect(malformed.errors.contains("nb: cannot search: "), "\(malformed.errors)")
    try fixture.ok("db", "search", database.url, "docs", "--drop-index")
    #expect(try fixture.nb("db", "search", database.url, "docs", "swift").status == 66)
  }

  @Test func aTableOfAnotherEngineCannotBeIndexed() throws {
    try database.sql("create table docs (x text) engine = myisam")
    let result = try fixture.nb("db", "search", database.url, "docs", "--create-index")
    #expect(result.status == 69)
    #expect(result.errors.contains("ENGINE = InnoDB"), "\(result.errors)")
  }

  // MARK: Copies

  @Test func everyTypeGoesToSQLiteAndBack() throws {
    try database.sql(
      """
      create table t (
        id int primary key, ti tinyint, u8 bigint unsigned, de decimal(30,10), f float, d double,
        c char(5), v varchar(40), x longtext, b varbinary(8), l longblob, j json, da date,
        dt datetime(6), ts timestamp(3) null, tm time(2), y year, bi bit(12),
        e enum('one','two'), s set('a','b'), uu uuid, i6 inet6, g point) character set utf8mb4;
      insert into t values
        (1, -128, 9223372036854775807, 12345678901234567890.0123456789, 1.5, 0.1, 'abc',
         'Čenĕk 🦀', 'tab\\t nl\\n \\\\N', x'00ff', x'deadbeef', '{"a": [1, null]}', '2024-02-29',
         '2024-02-29 12:34:56.789012', '2024-02-29 12:34:56.789', '-838:59:58.99', 2024, b'101010',
         'two', 'a,b', '123e4567-e89b-12d3-a456-426655440000', '2001:db8::1', point(1, 2)),
        (2, 127, 0, -0.0000000001, -1.5, 1e300, '', '', '', '', '', '[]', '1000-01-01',
         '9999-12-31 23:59:59.999999', '1970-01-01 00:00:01', '00:00:00', 1901, b'0', 'one', '',
         '00000000-0000-0000-0000-000000000000', '::', point(-0.5, 1e10)),
        (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
         null, null, null, null, null, null, null, null);
      """)
    try fixture.ok("db", "copy", database.url, "local.db", "--table", "t", "--create")
    let local = try fixture.ok(
      "db", "query", "local.db",
      "select u8, de, v, quote(b), j, dt, tm, y, bi, e, s, uu, i6, g from t where id = 1", "-o",
      "csv")
    #expect(local.contains("9223372036854775807,12345678901234567890.0123456789"), "\(local)")
    #expect(local.contains("X'00FF'"), "\(local)")
    #expect(local.contains("2024-02-29 12:34:56.789012,-838:59:58.99,2024,42,two"), "\(local)")
    // Back into a table of the same types, nothing is lost.
    try database.sql("create table back like t")
    try fixture.ok("db", "copy", "local.db", database.url, "--table", "t", "--into", "back")
    let columns = """
      id, ti, u8, de, f, d, c, hex(v), hex(x), hex(b), hex(l), j, da, dt, ts, tm, y, bi+0, e, s, uu,
      i6, st_astext(g)
      """
    let before = try database.sql("select \(columns) from t order by id")
    #expect(try database.sql("select \(columns) from back order by id") == before)
    // Into a table that nb creates, every row arrives with its numbers, texts and bytes.
    try fixture.ok(
      "db", "copy", "local.db", database.url, "--table", "t", "--into", "made", "--create")
    let plain = "id, ti, u8, d, hex(v), hex(x), hex(b), hex(l), e, s"
    #expect(
      try database.sql("select \(plain) from made order by id")
        == database.sql("select \(plain) from t order by id"))
  }

  @Test func aNumberBeyondTheColumnIsRefusedNotRounded() throws {
    try database.sql("create table t (n bigint unsigned); insert into t values (1 << 63)")
    let result = try fixture.nb(
      "db", "copy", database.url, "local.db", "--table", "t", "--create")
    #expect(result.status == 65)
    #expect(result.errors.contains("9223372036854775808 is beyond 64 bits"), "\(result.errors)")
    #expect(result.errors.contains("declare the column TEXT"), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: fixture.directory.file("local.db")))
    try fixture.ok("db", "exec", "local.db", "--create", "create table t (n text)")
    try fixture.ok("db", "copy", database.url, "local.db", "--table", "t")
    #expect(try fixture.ok("db", "query", "local.db", "select n from t") == "9223372036854775808\n")
  }
}
