import AdapterCore
import Foundation
import TestSupport
import Testing

/// Reaching a server: hosts, sockets, TLS, passwords, and what is said when it fails.
@Suite(.needsServers) struct MySQLConnectTests {
  private func address(_ url: String) throws -> Target.Address {
    guard case .address(let address) = try Target.parse(url) else {
      throw AdapterError(.bug, "\(url) is no URL")
    }
    return address
  }

  private func open(
    _ url: String, operation: OperationContext = OperationContext()
  ) throws -> any SQLDatabase {
    try AdapterRegistryAccess.open(try address(url), operation)
  }

  private func failure(_ url: String) throws -> AdapterError {
    let error = try #require(throws: AdapterError.self) { try open(url).ping() }
    #expect(!"\(error)".contains("nb-secret"), "\(error)")
    return error
  }

  private func cipher(_ url: String) throws -> String {
    let row = try open(url).rows("SHOW STATUS LIKE 'Ssl_cipher'").first
    return row?[1].string ?? ""
  }

  @Test func everyKindOfFailureHasItsStatus() throws {
    let server = try TestServers.mariadb
    let cases: [(url: String, status: Int32)] = [
      (server.url(user: "nobody"), 77),
      ("mysql://nb:wrong@127.0.0.1:\(server.port)/nb", 77),
      (server.url(database: "no_such_database"), 66),
      ("mysql://nb:nb-secret@127.0.0.1:1/nb", 69),
      ("mysql://nb:nb-secret@no-such-host.invalid:\(server.port)/nb", 69),
      ("mysql:///nb?socket=/nonexistent", 69),
      (server.url() + "?sslmode=sometimes", 2),
      (server.url() + "?conect_timeout=3", 2),
    ]
    for (url, status) in cases {
      let error = try failure(url)
      #expect(error.kind.exitStatus == status, "\(error)")
      #expect(error.hint != nil, "\(error)")
    }
  }

  @Test func aMisspeltSettingIsToldWithTheRightOne() throws {
    let error = try failure(try TestServers.mariadb.url() + "?conect_timeout=3")
    #expect(error.hint?.contains("connect_timeout") == true)
  }

  @Test func hostsAreTriedInOrder() throws {
    let port = try TestServers.mariadb.port
    let database = try open("mysql://nb:nb-secret@127.0.0.1:1,127.0.0.1:\(port)/nb")
    #expect(try database.rows("SELECT 1") == [[.int(1)]])
    // A wrong password is wrong on all of them.
    let error = try failure("mysql://nb:bad@127.0.0.1:\(port),127.0.0.1:1/nb")
    #expect(error.kind == .denied)
  }

  @Test func theUnixSocketIsUsedWhereNoHostIsNamed() throws {
    let server = try TestServers.mariadb
    let database = try open("mysql://nb:nb-secret@/nb?socket=\(server.socket)&sslmode=require")
    #expect(try database.rows("SELECT 1") == [[.int(1)]])
  }

  @Test func aPasswordMayHoldAnyCharacter() throws {
    let server = try TestServers.mariadb
    let user = "nbt_" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
    try server.sql("create user \(user)@'%' identified by 'p@s/s:w?#%o\"r ö\\\\d'")
    defer { _ = try? server.sql("drop user \(user)@'%'") }
    let encoded = "p%40s%2Fs%3Aw%3F%23%25o%22r%20%C3%B6%5Cd"
    let url = "mysql://\(user):\(encoded)@127.0.0.1:\(server.port)/"
    #expect(try open(url).rows("SELECT 1") == [[.int(1)]])
  }

  @Test func theSessionIsAsTheSettingsSay() throws {
    let url =
      try TestServers.mariadb.url()
      + "?charset=utf8mb4&collation=utf8mb4_bin&time_zone=%2B02:00&lock_timeout=7s"
      + "&init_command=set%20%40x%3D5&application_name=reports&compress=true"
    let row = try open(url).rows(
      """
      SELECT @@character_set_client, @@collation_connection, @@time_zone,
        @@innodb_lock_wait_timeout, @x
      """
    ).first
    #expect(
      row == [
        .text("utf8mb4"), .text("utf8mb4_bin"), .text("+02:00"), .int(7), .int(5),
      ])
  }

  @Test func ed25519IsSpoken() throws {
    let server = try TestServers.mariadb
    let url = server.url(user: "nb_ed25519")
    #expect(try open(url).rows("SELECT 1") == [[.int(1)]])
  }

  // MARK: TLS

  @Test func tlsIsUsedWhereTheServerHasItUnlessDisabled() throws {
    let url = try TestServers.mariadb.url()
    #expect(try !cipher(url).isEmpty)
    #expect(try !cipher(url + "?sslmode=require").isEmpty)
    #expect(try cipher(url + "?sslmode=disable").isEmpty)
    let plain = try TestServers.mariadbWithoutTLS.url()
    #expect(try cipher(plain).isEmpty)
  }

  @Test func aServerWithoutTLSIsRefusedWhereItIsDemanded() throws {
    let url = try TestServers.mariadbWithoutTLS.url()
    for mode in ["require", "verify-ca", "verify-full", "REQUIRED", "VERIFY_IDENTITY"] {
      let error = try failure(url + "?sslmode=\(mode)")
      #expect(error.kind == .denied, "\(mode): \(error)")
    }
  }

  /// The name of the server's certificate is that of 127.0.0.1, not of 127.0.0.2.
  @Test func theChainAndTheNameAreVerifiedAsTheModeSays() throws {
    let server = try TestServers.mariadb
    let (right, other) = (TestServers.authority, TestServers.otherAuthority)
    let cases: [(mode: String, host: String, authority: String, isAccepted: Bool)] = [
      ("require", "127.0.0.2", right, true), ("require", "127.0.0.1", other, false),
      ("verify-ca", "127.0.0.2", right, true), ("verify-ca", "127.0.0.1", other, false),
      ("verify-full", "127.0.0.1", right, true), ("verify-full", "127.0.0.2", right, false),
      ("verify-full", "127.0.0.1", other, false), ("verify-full", "127.0.0.1", "system", false),
      ("verify-ca", "127.0.0.1", "system", false),
    ]
    for (mode, host, authority, isAccepted) in cases {
      let url = server.url(host: host) + "?sslmode=\(mode)&sslrootcert=\(authority)"
      if isAccepted {
        #expect(try !cipher(url).isEmpty, "\(mode) \(host)")
      } else {
        #expect(try failure(url).kind == .denied, "\(mode) \(host)")
      }
    }
  }

  @Test func aClientCertificateIsShown() throws {
    let server = try TestServers.mariadb
    let url = server.url(user: "nb_cert") + "?sslmode=require"
    #expect(try failure(url).kind == .denied)
    let shown =
      url + "&sslcert=\(TestServers.clientCertificate)&sslkey=\(TestServers.clientKey)"
    #expect(try open(shown).rows("SELECT 1") == [[.int(1)]])
  }

  /// A server that offers no TLS, and one that offers it and then asks for the password itself.
  @Test func nothingIsSentToAServerWithoutTheDemandedTLS() throws {
    let server = try FakeMySQLServer()
    let url = "mysql://nb:nb-secret@127.0.0.1:\(server.port)/nb"
    for mode in ["require", "verify-ca", "verify-full"] {
      let error = try failure(url + "?sslmode=\(mode)")
      #expect(error.kind == .denied, "\(mode): \(error)")
    }
    let received = server.stop()
    #expect(received.count == 3)
    #expect(received.joined().isEmpty, "\(received)")
  }

  @Test func thePasswordItselfIsGivenToNoServerThatAsksForIt() throws {
    let server = try FakeMySQLServer(asksForPlugin: "mysql_clear_password")
    let error = try failure("mysql://nb:nb-secret@127.0.0.1:\(server.port)/nb?sslmode=disable")
    #expect(error.kind == .denied || error.kind == .unavailable, "\(error)")
    let received = server.stop()
    #expect(received.count == 1)
    #expect(received.first?.isEmpty == false)
    let text = String(decoding: received.joined(), as: UTF8.self)
    #expect(!text.contains("nb-secret"))
  }

  @Test func aServerThatAsksForAFileOfThisMachineDoesNotGetIt() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write("precious content", to: "file")
    let server = try FakeMySQLServer(asksForFile: path)
    let database = try open("mysql://nb:nb-secret@127.0.0.1:\(server.port)/nb?sslmode=disable")
    let error = try #require(throws: AdapterError.self) { try database.begin(.write) }
    #expect(error.kind != .bug)
    database.close()
    let received = String(decoding: server.stop().joined(), as: UTF8.self)
    #expect(received.contains("START TRANSACTION"))
    #expect(!received.contains("precious"))
  }

  @Test func aStatementCannotSendAFileOfThisMachine() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write("1\n2\n", to: "file")
    let scratch = try MySQLScratch()
    let database = try scratch.open()
    try database.execute("CREATE TABLE t (a INT)")
    #expect(throws: AdapterError.self) {
      try database.execute("LOAD DATA LOCAL INFILE '\(path)' INTO TABLE t")
    }
    #expect(try database.rows("SELECT count(*) FROM t") == [[.int(0)]])
  }

  // MARK: Option files

  @Test func optionFilesFillInWhatTheURLLeavesOut() throws {
    let server = try TestServers.mariadb
    let folder = try TemporaryDirectory()
    try folder.write("[client]\npassword = 'nb-secret' # theirs\nuser=\"nb\"\n", to: "extra.cnf")
    try folder.write(
      """
      [mysqld]
      port = 1
      user = mysql
      [client]
      host = 127.0.0.1
      port=\(server.port)
      connect-timeout = 5
      some-other-programs-option
      !include \(folder.file("extra.cnf"))
      """, to: ".my.cnf")
    let result = try NB.run(["db", "query", "mysql:///nb", "select current_user()"], in: folder)
    #expect(result.output == "nb@%\n", "\(result.errors)")
    // What the URL says comes first.
    let wrong = try NB.run(
      ["db", "query", "mysql://nb:bad@127.0.0.1:\(server.port)/nb", "select 1"], in: folder)
    #expect(wrong.status == 77)
  }

  // MARK: Waiting

  @Test(.timeLimit(.minutes(10))) func aServerThatNeverAnswersIsGivenUp() throws {
    let listener = try SilentListener()
    let url = "mysql://nb:nb-secret@127.0.0.1:\(listener.port)/nb"
    let error = try failure(url + "?connect_timeout=1")
    #expect(error.kind == .unavailable, "\(error)")
    let operation = OperationContext(deadline: .after(.milliseconds(200)))
    let timeout = try #require(throws: AdapterError.self) {
      try open(url, operation: operation)
    }
    #expect(timeout.kind == .timeout)
    let cancelled = OperationContext()
    let canceller = BackgroundTask {
      usleep(100_000)
      cancelled.cancellation.cancel(.signal(2))
    }
    let stopped = try #require(throws: AdapterError.self) { try open(url, operation: cancelled) }
    #expect(stopped.kind == .cancelled)
    try canceller.finish()
  }

  @Test func aServerWithoutConnectionsLeftIsATemporaryError() throws {
    let server = try TestServers.mariadb
    let user = "nbt_" + String(UInt32.random(in: 0...UInt32.max), radix: 36)
    try server.sql(
      "create user \(user)@'%' identified by 'nb-secret' with max_user_connections 1")
    defer { _ = try? server.sql("drop user \(user)@'%'") }
    let url = "mysql://\(user):nb-secret@127.0.0.1:\(server.port)/"
    let first = try open(url)
    let error = try failure(url)
    #expect(error.kind == .temporary)
    #expect(error.isRetryable)
    first.close()
  }
}
