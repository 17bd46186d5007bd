import Foundation
import TestSupport
import Testing

/// What nb runs again when a server refuses or goes, and what it never does.
@Suite(.needsServers) struct ReplayTests {
  let fixture: Fixture

  init() throws { fixture = try Fixture() }

  /// A server of the test's own with the table `t` of rows 1 and 2, both with v = 0. For MariaDB too:
  /// a table without transactions in anybody's database would count.
  private func start(_ kind: TestServer.Kind) throws -> TestServer {
    let server = try TestServers.start(kind)
    try server.sql(
      "create table t (id int primary key, v int); insert into t values (1, 0), (2, 0)")
    return server
  }

  private func values(_ server: TestServer) throws -> String {
    try server.sql("select v from t order by id")
  }

  private func sleep(_ kind: TestServer.Kind, _ seconds: Int) -> String {
    kind == .postgres ? "pg_sleep(\(seconds))" : "sleep(\(seconds))"
  }

  /// Waits until another session holds a lock on the row.
  private func waitUntilLocked(_ row: Int, _ server: TestServer, _ running: RunningNB) throws {
    try running.wait {
      (try? server.sql("select id from t where id = \(row) for update skip locked")) == ""
    }
  }

  /// Ends all connections but the one that asks.
  private func endConnections(_ server: TestServer) throws {
    if server.kind == .postgres {
      try server.sql(
        """
        select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'nb' and pid <> pg_backend_pid()
        """)
    } else {
      let identifiers = try server.sql(
        "select id from information_schema.processlist where id <> connection_id() and user = 'nb'")
      // One may have ended by itself.
      for identifier in identifiers.split(separator: "\n") {
        _ = try? server.sql("kill \(identifier)")
      }
    }
  }

  // MARK: Run again

  @Test(.timeLimit(.minutes(10)), arguments: [TestServer.Kind.postgres, .mariadb])
  func ofTwoTransactionsInADeadlockTheLoserIsRunAgain(_ kind: TestServer.Kind) throws {
    let server = try start(kind)
    let first = try NB.start(["db", "exec", server.url(), "--stats"], in: fixture.directory)
    let second = try NB.start(["db", "exec", server.url(), "--stats"], in: fixture.directory)
    // The first statement runs when the second one is there.
    try first.write("update t set v = v + 1 where id = 1; select 1;")
    try waitUntilLocked(1, server, first)
    try second.write("update t set v = v + 1 where id = 2; select 1;")
    try waitUntilLocked(2, server, second)
    try first.write("update t set v = v + 1 where id = 2;")
    try second.write("update t set v = v + 1 where id = 1;")
    try first.closeInput()
    try second.closeInput()
    let results = [try first.finish(), try second.finish()]
    #expect(results.map(\.status) == [0, 0], "\(results.map(\.errors))")
    #expect(try values(server) == "2\n2\n")
    let notes = results.map(\.errors).joined()
    #expect(notes.contains("; connecting to run it again"), "\(notes)")
    #expect(notes.contains("retries 1"), "\(notes)")
  }

  @Test(.timeLimit(.minutes(10)), arguments: [TestServer.Kind.postgres, .mariadb])
  func aTransactionWhoseServerIsKilledIsRunAgainOnceItIsBack(_ kind: TestServer.Kind) throws {
    let server = try start(kind)
    let running = try NB.start(
      [
        "db", "exec", server.url(),
        "update t set v = v + 1 where id = 1; select \(sleep(kind, 3)); "
          + "update t set v = v + 1 where id = 2",
      ], in: fixture.directory)
    try waitUntilLocked(1, server, running)
    try server.kill()
    try server.start()
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(try values(server) == "1\n1\n")
    #expect(result.output.split(separator: "\n", omittingEmptySubsequences: false).count == 2)
  }

  @Test(.timeLimit(.minutes(10)), arguments: [TestServer.Kind.postgres, .mariadb])
  func anUnfinishedBatchIsRunAgainAndNoFinishedOne(_ kind: TestServer.Kind) throws {
    let server = try start(kind)
    try server.sql("create table r (n int)")
    let fifo = fixture.directory.file("records.csv")
    mkfifo(fifo, 0o600)
    let running = try NB.start(
      [
        "db", "exec", server.url(), "insert into r values (:n)", "--each", fifo, "--batch", "1000",
        "--stats",
      ], in: fixture.directory)
    let pipe = try #require(FileHandle(forWritingAtPath: fifo))
    pipe.write(Data(("n\n" + (1...1500).map { "\($0)\n" }.joined()).utf8))
    try running.wait { (try? server.sql("select count(*) from r")) == "1000\n" }
    // In the middle of the second batch.
    try endConnections(server)
    pipe.write(Data((1501...2500).map { "\($0)\n" }.joined().utf8))
    try pipe.close()
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("connecting to run the batch again"), "\(result.errors)")
    #expect(try server.sql("select count(*), count(distinct n) from r") == "2500\t2500\n")
  }

  @Test(
    .timeLimit(.minutes(10)), arguments: [TestServer.Kind.postgres, .mariadb],
    ["append", "replace", "upsert"])
  func aLoadGoesOnBehindTheBatchesThatAreCommitted(
    _ kind: TestServer.Kind, _ mode: String
  ) throws {
    let server = try start(kind)
    try server.sql("create table r (n int primary key); insert into r values (0)")
    try server.sql(holding(5500, kind))
    let count = 20_000
    let file = try fixture.directory.write(
      "n\n" + (1...count).map { "\($0)\n" }.joined(), to: "records.csv")
    let running = try NB.start(
      ["db", "load", server.url(), "r", file, "--batch", "1000", "--mode", mode]
        + (mode == "upsert" ? ["--key", "n"] : []), in: fixture.directory)
    let isHeld =
      kind == .postgres
      ? "select count(*) from pg_stat_activity where wait_event = 'PgSleep'"
      : "select count(*) from information_schema.processlist where state = 'User sleep'"
    try running.wait { (try? server.sql(isHeld)) == "1\n" }
    try server.kill()
    try server.start()
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("connecting to run it again"), "\(result.errors)")
    let rows = mode == "replace" ? count : count + 1
    #expect(
      try server.sql("select count(*), max(n), sum(n) from r")
        == "\(rows)\t\(count)\t\(count * (count + 1) / 2)\n")
  }

  /// Holds up the insertion of a number until the server is started again.
  private func holding(_ number: Int, _ kind: TestServer.Kind) -> String {
    kind == .postgres
      ? """
      create table started as select pg_postmaster_start_time() as at;
      create function hold() returns trigger language plpgsql as $$ begin
        if new.n = \(number) and exists (
          select from started where at = pg_postmaster_start_time())
        then
          perform pg_sleep(600);
        end if;
        return new;
      end $$;
      create trigger hold before insert on r for each row execute function hold()
      """
      : """
      set global wait_timeout = 1234;
      create trigger hold before insert on r for each row
        set new.n = if(new.n = \(number) and @@global.wait_timeout = 1234,
          new.n + sleep(600), new.n)
      """
  }

  @Test(.timeLimit(.minutes(10)), arguments: [TestServer.Kind.postgres, .mariadb])
  func aQueryThatPrintedNothingYetIsRunAgain(_ kind: TestServer.Kind) throws {
    let server = try start(kind)
    let running = try NB.start(
      ["db", "query", server.url(), "select id, \(sleep(kind, 1)) from t order by id"],
      in: fixture.directory)
    try running.wait {
      (try? isBusy(server)) == true
    }
    try endConnections(server)
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.split(separator: "\n").map { $0.first } == ["1", "2"])
  }

  /// Either side may be the one that is lost.
  @Test(
    .timeLimit(.minutes(10)), arguments: [TestServer.Kind.postgres, .mariadb], ["source", "copy"])
  func aCopyThatLostAServerIsRunAgain(_ kind: TestServer.Kind, _ lost: String) throws {
    let (source, copy) = (try start(kind), try TestServers.start(kind))
    try copy.sql("create table t (id int primary key, v int)")
    let query = "select id, v from t union all select 3, \(sleepNumber(kind, 3)) order by id"
    let running = try NB.start(
      ["db", "copy", source.url(), copy.url(), "--query", query, "--into", "t"],
      in: fixture.directory)
    try running.wait { (try? isBusy(source)) == true }
    try endConnections(lost == "source" ? source : copy)
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("connecting to run it again"), "\(result.errors)")
    #expect(try copy.sql("select count(*) from t") == "3\n")
  }

  /// An integer that takes its time.
  private func sleepNumber(_ kind: TestServer.Kind, _ seconds: Int) -> String {
    kind == .postgres
      ? "(select 0 from (select pg_sleep(\(seconds))) s)" : "sleep(\(seconds))"
  }

  /// What only reads leaves nothing in a table without transactions either.
  @Test(.timeLimit(.minutes(10))) func aQueryIsRunAgainWhateverTheTablesAre() throws {
    let server = try start(.mariadb)
    try server.sql("create table m (a int) engine = myisam")
    let running = try NB.start(
      ["db", "query", server.url(), "select v + sleep(2) from t where id = 1"],
      in: fixture.directory)
    try running.wait { (try? isBusy(server)) == true }
    try endConnections(server)
    let result = try running.finish()
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output == "0\n")
    #expect(!result.errors.contains("without transactions"), "\(result.errors)")
  }

  private func isBusy(_ server: TestServer) throws -> Bool {
    let count =
      server.kind == .postgres
      ? "select count(*) from pg_stat_activity where state = 'active' and query like '%sleep(%' "
        + "and pid <> pg_backend_pid()"
      : "select count(*) from information_schema.processlist "
        + "where info like '%sleep(%' and id <> connection_id()"
    return try server.sql(count) != "0\n"
  }

  // MARK: Not run again

  @Test(.timeLimit(.minutes(10)), arguments: [TestServer.Kind.postgres, .mariadb])
  func aCommitWhoseAnswerIsLostIsNeverSentTwice(_ kind: TestServer.Kind) throws {
    let server = try start(kind)
    let running = try NB.start(["db", "exec", server.url()], in: fixture.directory)
    let isCommitting: String
    var blocker: RunningNB?
    if kind == .postgres {
      try server.sql(
        """
        create function wait() returns trigger language plpgsql as
          $$ begin perform pg_sleep(600); return null; end $$;
        create constraint trigger wait after update on t deferrable initially deferred
          for each row execute function wait()
        """)
      isCommitting = """
        select count(*) from pg_stat_activity where query = 'COMMIT' and state = 'active'
        """
    } else {
      isCommitting =
        "select count(*) from information_schema.processlist where info = 'COMMIT' and state <> ''"
    }
    try running.write("update t set v = 7 where id = 1; select 1;")
    try waitUntilLocked(1, server, running)
    if kind == .mariadb { blocker = try holdReadLock(server) }
    defer { blocker?.send(SIGKILL) }
    try running.closeInput()
    try running.wait { (try? server.sql(isCommitting)) == "1\n" }
    if kind == .postgres {
      try endConnections(server)
    } else {
      try server.kill()
      try server.start()
    }
    let result = try running.finish()
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.errors.contains("while it committed"), "\(result.errors)")
    #expect(
      result.errors.contains("hint: whether the transaction took effect is not known"),
      "\(result.errors)")
    #expect(!result.errors.contains("again"))
  }

  /// A session that holds the global read lock, under which nobody commits, until it is ended.
  private func holdReadLock(_ server: TestServer) throws -> RunningNB {
    let running = try NB.start(
      [
        "db", "exec", server.url(), "--no-tx",
        "flush tables with read lock; select /* held */ sleep(600)",
      ], in: fixture.directory)
    let isHeld = """
      select count(*) from information_schema.processlist
      where info like '%/* held */%' and id <> connection_id()
      """
    try running.wait { (try? server.sql(isHeld)) == "1\n" }
    return running
  }

  @Test(.timeLimit(.minutes(10)), arguments: [TestServer.Kind.postgres, .mariadb])
  func aStatementThatCommitsByItselfIsNotRunAgain(_ kind: TestServer.Kind) throws {
    let server = try start(kind)
    let running = try NB.start(
      ["db", "exec", server.url(), "update t set v = v + 1 where \(sleep(kind, 1)) is not null"],
      in: fixture.directory)
    try running.wait { (try? isBusy(server)) == true }
    try server.kill()
    let result = try running.finish()
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.errors.contains("is not known; look before repeating it"), "\(result.errors)")
  }

  @Test(
    .timeLimit(.minutes(10)),
    arguments: [
      "create table made (a int); update t set v = 1; select sleep(60)",
      "update t set v = 1; call p(); select sleep(60)",
      "insert into m values (1); select sleep(60); update t set v = 1",
    ])
  func whatARollbackDoesNotUndoIsNotRunAgain(_ script: String) throws {
    let server = try start(.mariadb)
    try server.sql("create procedure p() update t set v = 2")
    if script.contains("into m") { try server.sql("create table m (a int) engine = myisam") }
    let running = try NB.start(["db", "exec", server.url(), script], in: fixture.directory)
    try running.wait { (try? isBusy(server)) == true }
    try endConnections(server)
    let result = try running.finish()
    #expect(result.status == 75, "\(result.errors)")
    if script.contains("into m") {
      #expect(result.errors.contains("tables without transactions"), "\(result.errors)")
      #expect(try server.sql("select count(*) from m") == "1\n")
    }
  }

  @Test(.timeLimit(.minutes(10))) func aStreamThatWasReadTooFarIsNotRunAgain() throws {
    let server = try start(.postgres)
    let running = try NB.start(["db", "exec", server.url()], in: fixture.directory)
    try running.write("update t set v = 1 where id = 1;")
    let comment = "-- " + String(repeating: "x", count: 1020) + "\n"
    try running.write(String(repeating: comment, count: 1100))
    try running.write("select pg_sleep(60); select 1;")
    try waitUntilLocked(1, server, running)
    try endConnections(server)
    let result = try running.finish()
    #expect(result.status == 75, "\(result.errors)")
    #expect(result.errors.contains("standard input cannot be read twice"), "\(result.errors)")
    #expect(try values(server) == "0\n0\n")
  }

  @Test(.timeLimit(.minutes(10))) func rowsThatAreOutAreNotPrintedTwice() throws {
    let server = try start(.postgres)
    for (verb, words) in [
      ("exec", "not run again: some of its rows are printed already"),
      ("query", "the output ends early: "),
    ] {
      let running = try NB.start(
        [
          "db", verb, server.url(),
          """
          select i, case when i = 50000 then pg_sleep(600) end from generate_series(1, 60000) i;
          select 1
          """,
        ], in: fixture.directory)
      try running.wait { running.output.utf8.count > 300_000 }
      try endConnections(server)
      let result = try running.finish()
      #expect(result.status == 75, "\(result.errors)")
      #expect(result.errors.contains(words), "\(result.errors)")
      #expect(result.output.hasSuffix("\n"))
      let rows = result.output.split(separator: "\n").compactMap { Int($0.prefix { $0.isNumber }) }
      #expect(rows == Array(1...rows.count))
    }
  }

  @Test(.timeLimit(.minutes(10))) func noRetriesMeansNone() throws {
    let server = try start(.postgres)
    let running = try NB.start(
      ["db", "query", server.url(), "select pg_sleep(1)", "--retries", "0", "--stats"],
      in: fixture.directory)
    try running.wait { (try? isBusy(server)) == true }
    try endConnections(server)
    let result = try running.finish()
    #expect(result.status == 75)
    #expect(result.errors.contains("retries 0"), "\(result.errors)")
  }
}
