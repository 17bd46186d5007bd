import Foundation
import TestSupport
import Testing

@Suite(.needsServers) struct TestServersTests {
  @Test func aDatabaseLivesAsLongAsItsValue() throws {
    for server in [try TestServers.postgres, try TestServers.mariadb] {
      var database: TestDatabase? = try TestDatabase(on: server)
      let url = try #require(database?.url)
      try database?.sql("create table t (id int); insert into t values (1), (2)")
      #expect(try database?.sql("select count(*) from t") == "2\n")
      #expect(url.hasSuffix("/" + (database?.name ?? "")))
      let name = try #require(database?.name)
      database = nil
      #expect(throws: TestServer.Failure.self) { try server.sql("select 1", database: name) }
    }
  }

  @Test func aReplicaShowsWhatItsPrimaryWroteAndTakesNoWrites() throws {
    for (primary, replica) in [
      (try TestServers.postgres, try TestServers.postgresReplica),
      (try TestServers.mariadb, try TestServers.mariadbReplica),
    ] {
      let database = try TestDatabase(on: primary)
      try database.sql("create table t (id int); insert into t values (7)")
      try replica.waitForPrimary()
      #expect(try replica.sql("select id from t", database: database.name) == "7\n")
    }
    #expect(throws: TestServer.Failure.self) {
      try TestServers.postgresReplica.sql("create table refused (id int)")
    }
  }

  @Test(arguments: [TestServer.Kind.postgres, .mariadb])
  func aPrivateServerRecoversFromKill(kind: TestServer.Kind) throws {
    let server = try TestServers.start(kind)
    try server.sql("create table t (id int); insert into t values (7)")
    try server.kill()
    #expect(throws: TestServer.Failure.self) { try server.sql("select 1") }
    try server.start()
    #expect(try server.sql("select id from t") == "7\n")
    try server.restart()
    #expect(try server.sql("select id from t") == "7\n")
  }

  @Test func aSharedServerIsNotStopped() throws {
    let server = try TestServers.postgres
    #expect(throws: TestServer.Failure.self) { try server.kill() }
  }

  @Test func thePoolerReachesAnyDatabase() throws {
    let database = try TestDatabase(on: try TestServers.postgres)
    let pooler = try TestServers.pgbouncer
    #expect(
      try pooler.sql("select current_database()", database: database.name) == database.name + "\n")
  }
}
