/// Counts what another client does, for `--stats`.
public final class MeasuredHTTPClient: HTTPClient {
  private let inner: any HTTPClient
  private let metrics: Metrics

  public init(_ inner: any HTTPClient, _ metrics: Metrics) {
    self.inner = inner
    self.metrics = metrics
  }

  public func run(
    _ source: any HTTPExchangeSource, concurrency: Int
  ) throws(AdapterError) {
    try inner.run(MeasuredSource(source, metrics), concurrency: concurrency)
  }
}

private final class MeasuredSource: HTTPExchangeSource {
  private let inner: any HTTPExchangeSource
  private let metrics: Metrics

  init(_ inner: any HTTPExchangeSource, _ metrics: Metrics) {
    self.inner = inner
    self.metrics = metrics
  }

  func next() throws(AdapterError) -> HTTPNextExchange { try inner.next() }
  func clientWaits() throws(AdapterError) { try inner.clientWaits() }

  func completed(
    _ exchange: HTTPExchange, _ result: Result<HTTPResult, AdapterError>
  ) throws(AdapterError) {
    if case .success(let success) = result { metrics.record(success) }
    try inner.completed(exchange, result)
  }
}
