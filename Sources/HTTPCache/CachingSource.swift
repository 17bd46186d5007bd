import AdapterCore
import Platform

/// The exchanges of another source but for those that the cache answers.
final class CachingSource: HTTPExchangeSource {
  private let inner: any HTTPExchangeSource
  private let client: CachingClient
  /// As many as run at once: few.
  private var pending: [(sent: HTTPExchange, relay: CacheRelay)] = []
  /// What redirects have led to, and was not sent yet.
  private var hops: [CacheRelay] = []

  init(_ inner: any HTTPExchangeSource, _ client: CachingClient) {
    self.inner = inner
    self.client = client
  }

  func next() throws(AdapterError) -> HTTPNextExchange {
    while true {
      let relay: CacheRelay
      if let hop = hops.popLast() {
        relay = hop
      } else {
        let next = try inner.next()
        // What is under way may be redirected.
        if case .end = next, !pending.isEmpty { return .whenOneEnds }
        guard case .exchange(let exchange) = next, StoragePolicy.concerns(exchange) else {
          return next
        }
        relay = CacheRelay(exchange, client)
      }
      try client.operation.cancellation.check()
      if relay.isFresh {
        try conclude(relay, relay.answer(.fresh))
        continue
      }
      let sent = relay.makeExchange()
      pending.append((sent, relay))
      return .exchange(sent)
    }
  }

  private func conclude(
    _ relay: CacheRelay, _ conclusion: CacheRelay.Conclusion
  ) throws(AdapterError) {
    switch conclusion {
    case .ended(let result): try inner.completed(relay.exchange, result)
    case .redirected(let hop): hops.append(hop)
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
    try conclude(relay, relay.finish(result))
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
