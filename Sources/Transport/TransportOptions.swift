import AdapterCore

/// How a stream connects.
public struct TransportOptions: Equatable, Sendable {
  /// Until the stream can be used, the lookup of the name and TLS included.
  public var connectTimeout = Duration.seconds(10)
  /// nil: without TLS.
  public var tls: TLSOptions?
  /// Protocols offered by TLS (ALPN, RFC 7301), the best first; none: nothing is offered.
  public var protocols: [String] = []

  public init() {}
}
