import AdapterCore
import Platform

/// The exchanges of another source but for those that the cache answers.
final class CachingSource: HTTPExchangeSource {
  private let inner: any HTTPExchangeSource
  private let client: CachingClient
  /// As many as run at once: few.
  private var pending: [(sent: HTTPExchange, relay: CacheRelay)] = []

  init(_ inner: any HTTPExchangeSource, _ client: CachingClient) {
    self.inner = inner
    self.client = client
  }

  func next() throws(AdapterError) -> HTTPNextExchange {
    while true {
      let next = try inner.next()
      guard case .exchange(let exchange) = next else { return next }
      guard StoragePolicy.concerns(exchange) else { return next }
      try client.operation.cancellation.check()
      let relay = CacheRelay(exchange, client)
      if relay.isFresh {
        try inner.completed(exchange, relay.serve(.fresh))
        continue
      }
      let sent = relay.makeExchange()
      pending.append((sent, relay))
      return .exchange(sent)
    }
  }

  func clientWaits() throws(AdapterError) { try inner.clientWaits() }

  func completed(
    _ exchange: HTTPExchange, _ result: Result<HTTPResult, AdapterError>
  ) throws(AdapterError) {
    guard let index = pending.firstIndex(where: { $0.sent === exchange }) else {
      if case .success(let result) = result { invalidate(exchange, result) }
      return try inner.completed(exchange, result)
    }
    let relay = pending.remove(at: index).relay
    try inner.completed(relay.exchange, relay.finish(result))
  }

  /// Forgets what a request has changed: at its URL, and where the response says that it has
  /// (RFC 9111, section 4.4).
  private func invalidate(_ exchange: HTTPExchange, _ result: HTTPResult) {
    guard StoragePolicy.invalidates(exchange.request.method, result.head) else { return }
    let url = exchange.request.url
    client.store.invalidate(url)
    for name in ["Location", "Content-Location"] {
      guard let other = result.head.headers[name].flatMap({ url.resolving($0) }),
        other.origin == url.origin
      else { continue }
      client.store.invalidate(other)
    }
  }
}
