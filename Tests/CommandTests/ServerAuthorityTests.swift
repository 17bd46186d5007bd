import TestSupport
import Testing

/// What the authorities named in a URL mean, the same with PostgreSQL and MariaDB.
@Suite(.needsServers) struct ServerAuthorityTests {
  private let fixture: Fixture

  init() throws { fixture = try Fixture() }

  enum Engine: CaseIterable {
    case postgreSQL, mariaDB

    func server() throws -> TestServer {
      self == .postgreSQL ? try TestServers.postgres : try TestServers.mariadb
    }

    func serverWithoutTLS() throws -> TestServer {
      self == .postgreSQL
        ? try TestServers.postgresWithoutTLS : try TestServers.mariadbWithoutTLS
    }
  }

  private func ask(_ server: TestServer, _ settings: String) throws -> NB.Result {
    try fixture.nb("db", "query", server.url() + "?" + settings, "select 1")
  }

  @Test(arguments: Engine.allCases) func anAuthorityByItselfIsVerifiedBy(
    _ engine: Engine
  ) throws {
    let server = try engine.server()
    let trusted = "sslrootcert=" + TestServers.authority
    #expect(try ask(server, trusted).output == "1\n")
    for settings in [
      "sslrootcert=" + TestServers.otherAuthority, "sslrootcert=system",
      "sslmode=require&sslrootcert=" + TestServers.otherAuthority,
    ] {
      let result = try ask(server, settings)
      #expect(result.status == 77, "\(settings): \(result.errors)")
    }
    #expect(try ask(engine.serverWithoutTLS(), trusted).status == 77)
    #expect(try ask(server, "sslmode=disable&" + trusted).output == "1\n")
  }

  /// No file of the user's is looked for alone, which would be missing.
  @Test(arguments: Engine.allCases) func withoutAnAuthorityTheSystemsCount(
    _ engine: Engine
  ) throws {
    let server = try engine.server()
    for mode in ["verify-ca", "verify-full"] {
      let result = try ask(server, "sslmode=" + mode)
      #expect(result.status == 77)
      #expect(result.errors.contains("certificate"), "\(result.errors)")
      #expect(!result.errors.contains("root certificate file"), "\(result.errors)")
    }
  }
}
