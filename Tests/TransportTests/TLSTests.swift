import AdapterCore
import Foundation
import Platform
import TestSupport
import Testing
import Transport

/// TLS to real servers, with certificates that are good and bad.
@Suite(.needsServers) struct TLSTests {
  private func options(
    authority: String? = TestServers.authority, _ change: (inout TLSOptions) -> Void = { _ in }
  ) -> TransportOptions {
    SignalDisposition.ignoreFailedWrites()
    var options = TransportOptions()
    var tls = TLSOptions()
    tls.authorityFile = authority
    change(&tls)
    options.tls = tls
    return options
  }

  private func port() throws -> Int { try TestServers.redis.tlsPort }

  private func connect(
    _ options: TransportOptions, to host: String = "127.0.0.1", port: Int? = nil
  ) throws -> ByteStream {
    try ByteStream(
      .tcp(host: host, port: try port ?? self.port()), options, OperationContext())
  }

  /// What a server of Redis says to a first word.
  private func greet(_ stream: ByteStream) throws -> String {
    let words = Array("PING\r\n".utf8)
    try words.withUnsafeBytes {
      try stream.write($0, until: .after(.seconds(30)), OperationContext())
    }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 1)
    defer { buffer.deallocate() }
    let count = try stream.read(into: buffer, until: .after(.seconds(30)), OperationContext())
    return String(decoding: buffer[..<(count ?? 0)], as: UTF8.self)
  }

  @Test(arguments: ["127.0.0.1", "localhost"])
  func aGoodCertificateIsTaken(_ host: String) throws {
    #expect(try greet(connect(options(), to: host)).hasPrefix("-NOAUTH"))
  }

  @Test func aCertificateForAnotherHostIsRefused() throws {
    let error = #expect(throws: AdapterError.self) { try connect(options(), to: "127.0.0.2") }
    #expect(error?.kind == .denied)
    #expect(error?.message.hasSuffix("is not good: it is not made out to this host") == true)
  }

  @Test(arguments: [nil, TestServers.otherAuthority])
  func anAuthorityThatIsNotTrustedIsRefused(_ authority: String?) throws {
    let error = #expect(throws: AdapterError.self) {
      try connect(options(authority: authority))
    }
    #expect(error?.kind == .denied)
    #expect(error?.message.hasSuffix("nobody who is trusted has signed it") == true)
  }

  @Test func nothingIsCheckedWhereThatIsWanted() throws {
    let open = options(authority: nil) { $0.verifiesServer = false }
    #expect(try greet(connect(open, to: "127.0.0.2")).hasPrefix("-NOAUTH"))
  }

  @Test func aCertificateThatHasExpiredIsRefused() throws {
    let server = try TLSServer(certificate: "expired")
    let error = #expect(throws: AdapterError.self) { try connect(options(), port: server.port) }
    #expect(error?.kind == .denied)
    #expect(error?.message.hasSuffix("is not good: it has expired") == true)
  }

  @Test func aServerThatWantsACertificateGetsOne() throws {
    let port = try TestServers.redisWithClientCertificates.tlsPort
    let refused = #expect(throws: AdapterError.self) { try greet(connect(options(), port: port)) }
    // The server's reason may be lost behind the end of its connection.
    #expect(refused?.kind == .denied || refused?.kind == .temporary)
    let stranger = options {
      $0.certificateFile = TestServers.strangerCertificate
      $0.keyFile = TestServers.strangerKey
    }
    let unknown = #expect(throws: AdapterError.self) { try greet(connect(stranger, port: port)) }
    #expect(unknown?.kind == .denied || unknown?.kind == .temporary)
    let known = options {
      $0.certificateFile = TestServers.clientCertificate
      $0.keyFile = TestServers.clientKey
    }
    #expect(try greet(connect(known, port: port)).hasPrefix("-NOAUTH"))
  }

  @Test func aKeyOfAnotherCertificateIsAnErrorOfTheFile() throws {
    let mixed = options {
      $0.certificateFile = TestServers.clientCertificate
      $0.keyFile = TestServers.strangerKey
    }
    let error = #expect(throws: AdapterError.self) { try connect(mixed) }
    #expect(error?.kind == .config)
  }

  @Test func aFileThatIsNotThereIsNamed() throws {
    let error = #expect(throws: AdapterError.self) {
      try connect(options(authority: "/nonexistent/ca.pem"))
    }
    #expect(error?.kind == .config)
    #expect(error?.message.contains("/nonexistent/ca.pem") == true)
  }

  @Test func aPortWithoutTLSIsTold() throws {
    let error = #expect(throws: AdapterError.self) {
      try connect(options(), port: try TestServers.nginxWithoutTLS.port)
    }
    #expect(error?.kind == .protocolViolation)
    #expect(error?.hint == "the port does not speak TLS")
  }

  @Test func theProtocolIsAgreedOn() throws {
    let server = try TLSServer(certificate: "server", ["-alpn", "h2"])
    var options = options()
    options.protocols = ["http/1.1", "h2"]
    #expect(try connect(options, port: server.port).negotiatedProtocol == "h2")
    options.protocols = []
    #expect(try connect(options, port: server.port).negotiatedProtocol == nil)
  }

  @Test func oldVersionsOfTLSAreNotSpoken() throws {
    let server = try TLSServer(
      certificate: "server", ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"])
    let error = #expect(throws: AdapterError.self) { try connect(options(), port: server.port) }
    #expect(error?.message.hasPrefix("no TLS connection to ") == true)
  }
}

/// `openssl s_server` with one of the run's certificates.
private final class TLSServer {
  let port: Int
  private let process = Process()

  init(certificate: String, _ arguments: [String] = []) throws {
    // A port that was free just now.
    guard case .tcp(_, let port) = try LoopbackServer().endpoint else { throw CancellationError() }
    self.port = port
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments =
      [
        "s_server", "-quiet", "-accept", "127.0.0.1:\(port)",
        "-cert", TestServers.path("tls/\(certificate).crt"),
        "-key", TestServers.path("tls/\(certificate).key"),
      ] + arguments
    process.standardInput = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    let end = MonotonicInstant.now.advanced(by: .seconds(30))
    while !isListening, MonotonicInstant.now < end { usleep(20_000) }
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  private var isListening: Bool {
    (try? ByteStream(
      .tcp(host: "127.0.0.1", port: port), TransportOptions(), OperationContext())) != nil
  }
}
