import Foundation
import TestSupport
import Testing

/// `nb db migrate` where a session's lock does not hold: behind PgBouncer in transaction mode.
@Suite(.needsServers) struct MigrationLeaseTests {
  private let project: ServerMigrations
  private var database: TestDatabase { project.database }

  init() throws {
    project = try ServerMigrations(
      on: TestServers.postgres, through: TestServers.pgbouncer)
  }

  private func lease() throws -> String {
    try database.sql("select count(*), coalesce(max(beat), -1) from nb_migrations_lock")
  }

  @Test func everyCommandWorksBehindAPooler() throws {
    try project.writeUsersAndOrders()
    #expect(try project.migrate("up").status == 0)
    #expect(try project.migrate("redo", "--yes").status == 0)
    #expect(try project.migrate("down").status == 0)
    #expect(try project.migrate("status", "--check").status == 1)
    #expect(try project.tables() == ["users"])
    // It is given up with the run.
    #expect(try lease() == "0\t-1\n")
    #expect(!(try project.migrate("dump").output.contains("nb_migrations_lock")))
    let session = try project.migrate("up", "--lock", "session")
    #expect(session.status == 69)
    #expect(session.errors.contains("--lock"), "\(session.errors)")
  }

  @Test(.timeLimit(.minutes(10))) func twoRunsAtOnceTakeTurns() throws {
    try project.write(
      "-- migrate:up\ncreate table a (i int);\nselect pg_sleep(2);\n", to: "1_a.sql")
    let results = try [project.start("up"), project.start("up")].map { try $0.finish() }
    #expect(results.map(\.status) == [0, 0], "\(results.map(\.errors))")
    #expect(results.count { $0.errors.contains("applied 1_a") } == 1)
    #expect(results.count { $0.errors.contains("nothing to do") } == 1)
    #expect(results.count { $0.errors.contains("waiting for nb ") } == 1)
  }

  @Test(.timeLimit(.minutes(10))) func theLeaseOfAKilledRunIsTakenOver() throws {
    try project.write(
      "-- migrate:up transaction:false\ncreate table a (i int);\nselect pg_sleep(2);\n",
      to: "1_a.sql")
    let killed = try project.start("up")
    try project.waitForStatement("select pg_sleep", of: killed)
    killed.send(SIGKILL)
    _ = try killed.finish()
    #expect(try lease().hasPrefix("1\t"))
    let early = try project.migrate("up", "--lock-timeout", "100ms")
    #expect(early.status == 75)
    #expect(
      early.errors.contains("nb \(killed.processIdentifier) on "), "\(early.errors)")
    let next = try project.migrate("up", "--lock-timeout", "1m")
    #expect(next.status == 0, "\(next.errors)")
    #expect(next.errors.contains("gave no sign of life"), "\(next.errors)")
    #expect(try project.journal() == "1\tapplied\t2\n")
    #expect(try lease() == "0\t-1\n")
  }

  @Test(.timeLimit(.minutes(10))) func aLongStatementKeepsItsLease() throws {
    try project.write(
      "-- migrate:up transaction:false\nselect pg_sleep(20);\n", to: "1_a.sql")
    let long = try project.start("up")
    let server = database.server
    let name = database.name
    // The thread renews it twice while the statement runs.
    try long.wait {
      (Int(
        (try? server.sql("select max(beat) from nb_migrations_lock", database: name))?
          .trimmingCharacters(in: .newlines) ?? "") ?? 0) >= 4
    }
    let other = try project.migrate("up", "--lock-timeout", "1s")
    #expect(other.status == 75, "\(other.errors)")
    long.send(SIGTERM)
    #expect(try long.finish().signal == SIGTERM)
    // Whoever is stopped in time gives it up.
    #expect(try lease() == "0\t-1\n")
  }

  @Test(.timeLimit(.minutes(10))) func whoLostTheLeaseCommitsNothing() throws {
    try project.write(
      "-- migrate:up transaction:false\nselect pg_sleep(2);\ncreate table b (i int);\n",
      to: "1_a.sql")
    let running = try project.start("up")
    try project.waitForStatement("select pg_sleep", of: running)
    try database.sql("update nb_migrations_lock set token = 1, holder = 'another'")
    let result = try running.finish()
    #expect(result.status == 75)
    #expect(result.errors.contains("lost its lease"), "\(result.errors)")
    #expect(try project.tables() == [])
    // What is not one's own stays.
    #expect(try lease().hasPrefix("1\t"))
  }

  @Test func aLeaseCanBeAskedForAnywhereButOnAFile() throws {
    let mariadb = try ServerMigrations(on: TestServers.mariadb)
    try mariadb.writeUsersAndOrders()
    let result = try mariadb.migrate("up", "--lock", "lease")
    #expect(result.status == 0, "\(result.errors)")
    #expect(try mariadb.tables() == ["orders", "users"])
    #expect(try mariadb.database.sql("select count(*) from nb_migrations_lock") == "0\n")
    let file = try mariadb.fixture.nb(
      "db", "migrate", "up", "app.db", "--create", "--lock", "lease")
    #expect(file.status == 69)
    #expect(file.errors.contains("does not support a lease"), "\(file.errors)")
  }
}
