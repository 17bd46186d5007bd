import Platform

/// A client that is opened when the first exchange is there: what a cache answers needs none.
public final class LazyHTTPClient: HTTPClient {
  private let open: () throws(AdapterError) -> any HTTPClient
  private var client: (any HTTPClient)?

  public init(_ open: @escaping () throws(AdapterError) -> any HTTPClient) { self.open = open }

  public func run(
    _ source: any HTTPExchangeSource, concurrency: Int
  ) throws(AdapterError) {
    let first = try source.next()
    if case .end = first { return }
    try opened().run(BegunSource(first, source), concurrency: concurrency)
  }

  private func opened() throws(AdapterError) -> any HTTPClient {
    if let client { return client }
    let client = try open()
    self.client = client
    return client
  }
}

/// A source whose first answer was taken already.
private final class BegunSource: HTTPExchangeSource {
  private var first: HTTPNextExchange?
  private let rest: any HTTPExchangeSource

  init(_ first: HTTPNextExchange, _ rest: any HTTPExchangeSource) {
    self.first = first
    self.rest = rest
  }

  func next() throws(AdapterError) -> HTTPNextExchange {
    if let first = first.take() { return first }
    return try rest.next()
  }

  func clientWaits() throws(AdapterError) { try rest.clientWaits() }

  func completed(
    _ exchange: HTTPExchange, _ result: Result<HTTPResult, AdapterError>
  ) throws(AdapterError) {
    try rest.completed(exchange, result)
  }
}
