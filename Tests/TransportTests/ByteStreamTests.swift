import AdapterCore
import Foundation
import Platform
import TestSupport
import Testing
import Transport

/// Streams to servers that a test holds in its own hands.
@Suite struct ByteStreamTests {
  private func connect(
    _ server: LoopbackServer, _ operation: OperationContext = OperationContext()
  ) throws -> ByteStream {
    try ByteStream(server.endpoint, TransportOptions(), operation)
  }

  private func read(
    _ stream: ByteStream, until limit: Deadline = .after(.seconds(30)),
    _ operation: OperationContext = OperationContext()
  ) throws -> [UInt8]? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { buffer.deallocate() }
    return try stream.read(into: buffer, until: limit, operation).map { Array(buffer[..<$0]) }
  }

  private func write(_ stream: ByteStream, _ bytes: [UInt8], _ limit: Deadline) throws {
    try bytes.withUnsafeBytes { try stream.write($0, until: limit, OperationContext()) }
  }

  @Test(arguments: [false, true])
  func bytesGoBothWaysAndEachSideEndsByItself(_ isUnix: Bool) throws {
    let folder = try TemporaryDirectory()
    let server = try LoopbackServer(unixPath: isUnix ? folder.path + "/s" : nil)
    let stream = try connect(server)
    let peer = try server.accept()
    try write(stream, Array("hello".utf8), .after(.seconds(30)))
    stream.finishWriting()
    #expect(try peer.readToEnd() == Array("hello".utf8))
    // The other side is still open.
    try peer.write(Array("answer".utf8))
    #expect(try read(stream) == Array("answer".utf8))
    peer.close()
    #expect(try read(stream) == [])
  }

  @Test func aReadEndsAtItsLimitAndLosesNothing() throws {
    let server = try LoopbackServer()
    let stream = try connect(server)
    let peer = try server.accept()
    #expect(try read(stream, until: .after(.milliseconds(50))) == nil)
    try peer.write([7])
    #expect(try read(stream) == [7])
  }

  @Test func aPeerThatTakesNothingEndsAWriteAtItsLimit() throws {
    let server = try LoopbackServer()
    let stream = try connect(server)
    let peer = try server.accept()
    let error = #expect(throws: AdapterError.self) {
      try write(stream, [UInt8](repeating: 1, count: 64 << 20), .after(.milliseconds(200)))
    }
    #expect(error?.kind == .temporary)
    peer.close()
  }

  @Test func aCancellationEndsAWait() throws {
    let server = try LoopbackServer()
    let operation = OperationContext()
    let stream = try connect(server, operation)
    let peer = try server.accept()
    let thread = Thread { operation.cancellation.cancel(.timeout) }
    thread.start()
    let error = #expect(throws: AdapterError.self) { try read(stream, operation) }
    #expect(error?.kind == .timeout)
    peer.close()
  }

  private func read(_ stream: ByteStream, _ operation: OperationContext) throws -> [UInt8]? {
    try read(stream, until: .never, operation)
  }

  @Test func aConnectionThatIsResetIsTemporary() throws {
    let server = try LoopbackServer()
    let stream = try connect(server)
    try server.accept().reset()
    let error = #expect(throws: AdapterError.self) {
      while try read(stream) != [] {}
    }
    #expect(error?.kind == .temporary)
    #expect(error?.isRetryable == true)
  }

  @Test func aPortWithoutAServerIsUnavailable() throws {
    let endpoint = try LoopbackServer().endpoint
    let error = #expect(throws: AdapterError.self) {
      try ByteStream(endpoint, TransportOptions(), OperationContext())
    }
    #expect(error?.kind == .unavailable)
    #expect(error?.message.contains("connection refused") == true)
    #expect(error?.hint == "is the server running, and the port right?")
  }

  /// localhost may be ::1 first, where nobody listens.
  @Test func everyAddressOfANameIsTried() throws {
    let server = try LoopbackServer()
    guard case .tcp(_, let port) = server.endpoint else { return }
    let stream = try ByteStream(
      .tcp(host: "localhost", port: port), TransportOptions(), OperationContext())
    let peer = try server.accept()
    try peer.write([1])
    #expect(try read(stream) == [1])
  }

  @Test func aNameWithoutAnAddressIsUnavailable() {
    let error = #expect(throws: AdapterError.self) {
      try ByteStream(
        .tcp(host: "no-such-host.invalid", port: 1), TransportOptions(), OperationContext())
    }
    #expect(error?.kind == .unavailable)
    #expect(error?.message == "no address is known for the host no-such-host.invalid")
  }

  @Test func nobodyAcceptingInTimeIsUnavailable() throws {
    // Handshakes beyond the backlog are not answered.
    let server = try LoopbackServer(backlog: 0)
    var options = TransportOptions()
    options.connectTimeout = .milliseconds(300)
    var kept: [ByteStream] = []
    let error = #expect(throws: AdapterError.self) {
      for _ in 0..<64 { kept.append(try ByteStream(server.endpoint, options, OperationContext())) }
    }
    #expect(error?.kind == .unavailable)
    #expect(error?.message.contains("in time") == true)
  }
}
