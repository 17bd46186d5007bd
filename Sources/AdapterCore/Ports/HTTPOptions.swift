/// How an HTTP client connects; the same for all of its requests.
public struct HTTPOptions: Equatable, Sendable {
  /// Until a connection is made, TLS included.
  public var connectTimeout: Duration
  /// No byte for so long ends an attempt.
  public var idleTimeout: Duration
  /// Connections kept at most, to all servers together.
  public var maximumConnections: Int
  /// Whether HTTP/2 is offered over TLS.
  public var usesHTTP2: Bool
  /// Whether compressed content is asked for, and decoded.
  public var usesCompression: Bool
  public var userAgent: String
  /// The path of a socket in place of the URL's host and port.
  public var unixSocket: String?
  /// `HOST:PORT:ADDRESS`, in place of looking names up.
  public var resolve: [String]
  /// nil: the usual variables (http_proxy, HTTPS_PROXY, NO_PROXY …) name one; "": none.
  public var proxy: String?
  /// Whether ~/.netrc or the file that NETRC names gives credentials that the request lacks.
  public var usesNetrc: Bool
  public var tls: TLSOptions

  public init() {
    connectTimeout = .seconds(10)
    idleTimeout = .seconds(120)
    maximumConnections = 8
    usesHTTP2 = true
    usesCompression = true
    userAgent = "nb"
    resolve = []
    usesNetrc = false
    tls = TLSOptions()
  }
}
