import Glibc

/// Where a socket connects to: an address of IP with its port, or the path of a Unix socket.
public struct SocketAddress: Sendable {
  public let family: Int32
  private let bytes: [UInt8]

  private init(family: Int32, bytes: [UInt8]) {
    self.family = family
    self.bytes = bytes
  }

  /// A Unix socket (unix(7)); nil for a path that is too long, beyond 107 bytes.
  public init?(unixPath path: String) {
    var address = sockaddr_un()
    let path = Array(path.utf8)
    guard path.count < MemoryLayout.size(ofValue: address.sun_path), !path.contains(0) else {
      return nil
    }
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    self.init(family: AF_UNIX, bytes: withUnsafeBytes(of: &address) { Array($0) })
  }

  /// The addresses of a host in the order of preference (getaddrinfo(3), RFC 6724).
  ///
  /// Throws why there are none. Asks name servers, which cannot be interrupted, unless `isNumeric`:
  /// then only an address in digits is taken.
  public static func lookUp(
    _ host: String, port: Int, isNumeric: Bool = false
  ) throws(LookupFailure) -> [SocketAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICSERV | (isNumeric ? AI_NUMERICHOST : 0)
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, String(port), &hints, &list)
    guard status == 0 else {
      throw LookupFailure(reason: String(cString: gai_strerror(status)))
    }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ai_addr {
        let bytes = UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))
        addresses.append(SocketAddress(family: entry.ai_family, bytes: Array(bytes)))
      }
      next = entry.ai_next
    }
    return addresses
  }

  /// Why a name has no address.
  public struct LookupFailure: Error, Equatable {
    public var reason: String
  }

  func withPointer<Result>(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result) -> Result {
    bytes.withUnsafeBytes {
      body($0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
    }
  }

  /// Whether the host is an address of IP and no name (inet_pton(3)).
  public static func isNumeric(_ host: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
  }
}
