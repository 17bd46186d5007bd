import CPosix
import Glibc

/// A stream socket (socket(2)) that never waits by itself; closed when the last reference ends.
public final class Socket: Sendable {
  private let descriptor: FileDescriptor

  private init(owning descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// What to poll.
  public var rawValue: Int32 { descriptor.rawValue }

  /// Begins to connect (connect(2)); it is done once the socket is writable and `connectError` is
  /// nil.
  public static func connecting(to address: SocketAddress) throws(Errno) -> Socket {
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let socket = Socket(
      owning: FileDescriptor(
        owning: try valueOrErrno {
          Glibc.socket(address.family, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        }))
    if address.family != AF_UNIX { socket.prepareForTCP() }
    do throws(Errno) {
      try valueOrErrno(retryOnInterrupt: false) {
        address.withPointer { connect(socket.rawValue, $0, $1) }
      }
    } catch {
      guard error == .inProgress || error == .interrupted else { throw error }
    }
    return socket
  }

  /// What is sent leaves at once (TCP_NODELAY), and a peer that is gone is noticed after two minutes
  /// of silence (SO_KEEPALIVE).
  private func prepareForTCP() {
    set(Int32(SOL_SOCKET), SO_KEEPALIVE, 1)
    set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
    set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 60)
    set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 15)
    set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 4)
  }

  private func set(_ level: Int32, _ option: Int32, _ value: Int32) {
    var value = value
    setsockopt(rawValue, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Why connecting failed (SO_ERROR); nil when it did not.
  public var connectError: Errno? {
    var number: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(rawValue, Int32(SOL_SOCKET), SO_ERROR, &number, &length) == 0 else {
      return .current
    }
    return number == 0 ? nil : Errno(rawValue: number)
  }

  /// Reads what is there (recv(2)); 0 at the end, nil when nothing is there yet.
  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int? {
    try unlessBlocked { recv(rawValue, buffer.baseAddress, buffer.count, 0) }
  }

  /// Writes what fits (send(2)); nil when nothing does yet. A peer that is gone is EPIPE and no
  /// signal.
  public func write(_ bytes: UnsafeRawBufferPointer) throws(Errno) -> Int? {
    let flags = Int32(MSG_NOSIGNAL)
    return try unlessBlocked { send(rawValue, bytes.baseAddress, bytes.count, flags) }
  }

  private func unlessBlocked(_ call: () -> Int) throws(Errno) -> Int? {
    do throws(Errno) {
      return try valueOrErrno(call)
    } catch {
      guard error == .wouldBlock else { throw error }
      return nil
    }
  }

  /// Tells the peer that nothing more comes, while it may still send (shutdown(2)).
  public func finishWriting() { shutdown(rawValue, Int32(SHUT_WR)) }
}
