/// Where a stream connects to.
public enum TransportEndpoint: Hashable, Sendable {
  case tcp(host: String, port: Int)
  case unix(path: String)

  /// For messages: `db.example:6379`, `[::1]:6379`, or the socket's path.
  public var displayName: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    }
  }
}
