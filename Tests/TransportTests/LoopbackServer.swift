import Foundation
import Transport

/// A listening socket of a test's own.
final class LoopbackServer {
  struct Failure: Error {}

  let endpoint: TransportEndpoint
  private let descriptor: Int32

  init(unixPath: String? = nil, backlog: Int32 = 8) throws {
    let kind = Int32(SOCK_STREAM.rawValue)
    let descriptor = socket(unixPath == nil ? AF_INET : AF_UNIX, kind, 0)
    self.descriptor = descriptor
    if let unixPath {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: unixPath.utf8) }
      try Self.bind(descriptor, &address)
      endpoint = .unix(path: unixPath)
    } else {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      try Self.bind(descriptor, &address)
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutablePointer(to: &address) {
        _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getsockname(descriptor, $0, &length)
        }
      }
      endpoint = .tcp(host: "127.0.0.1", port: Int(UInt16(bigEndian: address.sin_port)))
    }
    guard listen(descriptor, backlog) == 0 else { throw Failure() }
  }

  deinit { close(descriptor) }

  private static func bind<Address>(_ descriptor: Int32, _ address: inout Address) throws {
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Foundation.bind(descriptor, $0, socklen_t(MemoryLayout<Address>.size))
      }
    }
    guard status == 0 else { throw Failure() }
  }

  func accept() throws -> Peer {
    let accepted = Foundation.accept(descriptor, nil, nil)
    guard accepted >= 0 else { throw Failure() }
    return Peer(descriptor: accepted)
  }

  /// The server's end of a connection.
  struct Peer {
    let descriptor: Int32

    func write(_ bytes: [UInt8]) throws {
      guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
      else { throw Failure() }
    }

    func readToEnd() throws -> [UInt8] {
      var all: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Failure() }
        if count == 0 { return all }
        all += buffer[..<count]
      }
    }

    func close() { Foundation.close(descriptor) }

    /// Ends the connection with a reset (SO_LINGER of no time).
    func reset() {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
      close()
    }
  }
}
