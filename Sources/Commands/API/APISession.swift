import AdapterCore
import AdapterRegistry
import Platform

/// One API as the commands reach it: its client, and exchanges that carry what the settings say.
///
/// Every command of `nb api` sends through this, so that what holds for requests is written once.
struct APISession {
  let settings: APISettings
  let client: any HTTPClient

  /// Nothing is sent yet. Throws `unavailable` when the client's library is missing.
  init(_ settings: APISettings, _ context: CommandContext) throws(AdapterError) {
    self.settings = settings
    var deadline = context.operation.deadline
    if context.globals.timeout == nil, let timeout = settings.timeout {
      deadline = .after(timeout)
    }
    client = try AdapterRegistry.openHTTP(settings.http, context.operation.ending(by: deadline))
  }

  func exchange(_ request: HTTPRequest, into sink: any HTTPResponseSink) -> HTTPExchange {
    settings.exchange(request, into: sink)
  }
}
