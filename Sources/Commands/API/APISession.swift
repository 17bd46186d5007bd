import AdapterCore
import AdapterRegistry
import Platform

/// One API as the commands reach it: its client, and exchanges that carry what the settings say.
///
/// Every command of `nb api` sends through this, so that what holds for requests is written once.
struct APISession {
  let settings: APISettings
  let client: any HTTPClient

  /// Nothing is sent yet, nor is the client's library loaded: what the cache answers needs none.
  init(_ settings: APISettings, _ context: CommandContext) {
    self.settings = settings
    var deadline = context.operation.deadline
    if context.globals.timeout == nil, let timeout = settings.timeout {
      deadline = .after(timeout)
    }
    let operation = context.operation.ending(by: deadline)
    let network = LazyHTTPClient { () throws(AdapterError) in
      try AdapterRegistry.openHTTP(settings.http, operation)
    }
    let cached = settings.cache.client(
      before: network, identity: { CacheIdentity.parts(settings) }, operation)
    client = MeasuredHTTPClient(cached, operation.metrics)
  }

  func exchange(_ request: HTTPRequest, into sink: any HTTPResponseSink) -> HTTPExchange {
    settings.exchange(request, into: sink)
  }
}
