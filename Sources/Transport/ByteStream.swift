import AdapterCore
import Platform

/// A connected stream of bytes, used by one thread: TCP or a Unix socket, with TLS or without.
///
/// Every wait ends at its limit, and at once when the operation must stop. The connection ends with
/// the value.
public final class ByteStream {
  public let endpoint: TransportEndpoint
  /// What ALPN has agreed on; nil without.
  public let negotiatedProtocol: String?
  private let socket: Socket
  private let session: TLSSession?

  /// Connects, over TLS where the options have it.
  ///
  /// Throws `unavailable` when nobody answers in time, `denied` when the server's certificate is not
  /// good or the server wants one, `config` for an unusable file, `cancelled`, `timeout`.
  public init(
    _ endpoint: TransportEndpoint, _ options: TransportOptions, _ operation: OperationContext
  ) throws(AdapterError) {
    let limit = Deadline.after(options.connectTimeout)
    var connector = try Connector(endpoint, until: limit, operation)
    let socket = try connector.connect()
    self.endpoint = endpoint
    self.socket = socket
    guard let tls = options.tls else {
      session = nil
      negotiatedProtocol = nil
      return
    }
    let session = try TLSSession(socket, to: endpoint, tls, protocols: options.protocols)
    self.session = session
    while case .wants(let readiness) = try session.handshake() {
      guard try Self.wait(for: readiness, socket, endpoint, until: limit, operation) else {
        throw TransportErrors.handshakeTimeout(endpoint)
      }
    }
    negotiatedProtocol = session.negotiatedProtocol
  }

  /// Reads what is there, at least one byte: 0 when the peer has ended its side, nil when `limit`
  /// has passed.
  ///
  /// Throws `temporary` when the connection breaks, `cancelled`, `timeout`.
  public func read(
    into buffer: UnsafeMutableRawBufferPointer, until limit: Deadline,
    _ operation: OperationContext
  ) throws(AdapterError) -> Int? {
    while true {
      switch try readNow(into: buffer) {
      case .done(let count): return count
      case .wants(let readiness):
        guard try Self.wait(for: readiness, socket, endpoint, until: limit, operation) else {
          return nil
        }
      }
    }
  }

  private func readNow(
    into buffer: UnsafeMutableRawBufferPointer
  ) throws(AdapterError) -> TLSSession.Step {
    if let session { return try session.read(into: buffer) }
    do throws(Errno) {
      return try socket.read(into: buffer).map { .done($0) } ?? .wants(.readable)
    } catch {
      throw TransportErrors.broken(endpoint, error)
    }
  }

  /// Writes all of `bytes`.
  ///
  /// Throws `temporary` when the connection breaks or `limit` passes, by when a part may have been
  /// sent; `cancelled`, `timeout`.
  public func write(
    _ bytes: UnsafeRawBufferPointer, until limit: Deadline, _ operation: OperationContext
  ) throws(AdapterError) {
    var rest = bytes
    while !rest.isEmpty {
      switch try writeNow(rest) {
      case .done(let count): rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      case .wants(let readiness):
        guard try Self.wait(for: readiness, socket, endpoint, until: limit, operation) else {
          throw TransportErrors.broken(endpoint, "it takes nothing more")
        }
      }
    }
  }

  private func writeNow(_ bytes: UnsafeRawBufferPointer) throws(AdapterError) -> TLSSession.Step {
    if let session { return try session.write(bytes) }
    do throws(Errno) {
      return try socket.write(bytes).map { .done($0) } ?? .wants(.writable)
    } catch {
      throw TransportErrors.broken(endpoint, error)
    }
  }

  /// Tells the peer that nothing more comes; what it still sends can be read.
  public func finishWriting() {
    session?.finishWriting()
    socket.finishWriting()
  }

  /// False when `limit` has passed.
  private static func wait(
    for readiness: Readiness, _ socket: Socket, _ endpoint: TransportEndpoint,
    until limit: Deadline, _ operation: OperationContext
  ) throws(AdapterError) -> Bool {
    let result: WaitResult
    do throws(Errno) {
      result = try operation.wait(for: readiness, on: socket.rawValue, until: limit)
    } catch {
      throw TransportErrors.broken(endpoint, error)
    }
    if result == .woken { throw operation.stopError }
    return result == .ready
  }
}
