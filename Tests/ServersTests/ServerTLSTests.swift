import Foundation
import TestSupport
import Testing

/// What the tests of TLS rely on, checked by the servers' own clients.
@Suite(.needsServers) struct ServerTLSTests {
  private func psql(
    _ server: TestServer, host: String = "127.0.0.1", user: String = "nb", settings: String
  ) throws -> NB.Result {
    try NB.run(
      ["-XAtd", server.url(user: user, host: host) + "?" + settings, "-c", "select 42"],
      executable: "/usr/bin/psql")
  }

  private func mariadb(
    _ server: TestServer, host: String = "127.0.0.1", user: String = "nb", _ options: String...
  ) throws -> NB.Result {
    try NB.run(
      ["--no-defaults", "-N", "--protocol=tcp", "-h", host, "-P", String(server.port), "-u", user]
        + options + ["-e", "select 42", "nb"],
      executable: "/usr/bin/mariadb", environment: ["MYSQL_PWD": server.password])
  }

  @Test func postgresIsVerifiedByTheNameInItsCertificate() throws {
    let server = try TestServers.postgres
    let trust = "sslrootcert=" + TestServers.authority
    #expect(try psql(server, settings: "sslmode=verify-full&" + trust).output == "42\n")
    let other = try psql(server, host: "127.0.0.2", settings: "sslmode=verify-full&" + trust)
    #expect(other.errors.contains("does not match host name"))
    #expect(
      try psql(server, host: "127.0.0.2", settings: "sslmode=verify-ca&" + trust).output == "42\n")
    let distrust = "sslmode=verify-ca&sslrootcert=" + TestServers.otherAuthority
    #expect(try psql(server, settings: distrust).errors.contains("certificate verify failed"))
  }

  @Test func postgresTakesTheClientCertificateOfItsAuthorityOnly() throws {
    let server = try TestServers.postgres
    let own = "sslcert=\(TestServers.clientCertificate)&sslkey=\(TestServers.clientKey)"
    #expect(try psql(server, user: "nb_cert", settings: own).output == "42\n")
    let stranger = "sslcert=\(TestServers.strangerCertificate)&sslkey=\(TestServers.strangerKey)"
    #expect(try psql(server, user: "nb_cert", settings: stranger).status == 2)
  }

  @Test func mariadbIsVerifiedByTheNameInItsCertificate() throws {
    let server = try TestServers.mariadb
    let options = ["--ssl-ca=" + TestServers.authority, "--ssl-verify-server-cert"]
    #expect(try mariadb(server, options[0], options[1]).output == "42\n")
    #expect(try mariadb(server, host: "127.0.0.2", options[0], options[1]).status == 1)
    #expect(
      try mariadb(server, "--ssl-ca=" + TestServers.otherAuthority, options[1]).status == 1)
  }

  @Test func mariadbTakesAClientCertificate() throws {
    let server = try TestServers.mariadb
    let options = [
      "--ssl-cert=" + TestServers.clientCertificate, "--ssl-key=" + TestServers.clientKey,
    ]
    #expect(try mariadb(server, user: "nb_cert", options[0], options[1]).output == "42\n")
    #expect(try mariadb(server, user: "nb_cert", "--ssl").status == 1)
    #expect(try mariadb(server, user: "nb_ed25519").output == "42\n")
  }

  @Test func aServerWithoutTLSRefusesIt() throws {
    let postgres = try psql(TestServers.postgresWithoutTLS, settings: "sslmode=require")
    #expect(postgres.errors.contains("does not support SSL"))
    #expect(try psql(TestServers.postgresWithoutTLS, settings: "sslmode=prefer").output == "42\n")
    let mariadb = try mariadb(
      TestServers.mariadbWithoutTLS, "--ssl-ca=" + TestServers.authority,
      "--ssl-verify-server-cert")
    #expect(mariadb.errors.contains("does not support it"))
    #expect(try self.mariadb(TestServers.mariadbWithoutTLS).output == "42\n")
  }
}
