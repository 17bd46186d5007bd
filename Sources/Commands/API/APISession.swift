import APIClient
import AdapterCore
import AdapterRegistry
import Platform

/// One API as the commands reach it: its client, and exchanges that carry what the settings say.
///
/// Every command of `nb api` sends through this, so that what holds for requests is written once.
struct APISession {
  let settings: APISettings
  let client: any HTTPClient
  private let pacer: (any HTTPPacer)?
  private let tokens: OAuth2Tokens?
  private let cookies: CookieJar?
  private let recorder: HARRecorder?
  private let operation: OperationContext

  /// Nothing is sent yet, nor is the client's library loaded: what the cache answers needs none.
  ///
  /// Throws what reading the jar of cookies and creating the record throw.
  init(_ settings: APISettings, _ context: CommandContext) throws(AdapterError) {
    self.settings = settings
    var deadline = context.operation.deadline
    if context.globals.timeout == nil, let timeout = settings.timeout {
      deadline = .after(timeout)
    }
    operation = context.operation.ending(by: deadline)
    let network = LazyHTTPClient { [operation] () throws(AdapterError) in
      try AdapterRegistry.openHTTP(settings.http, operation)
    }
    let cached = settings.cache.client(
      before: network, identity: { CacheIdentity.parts(settings) }, operation)
    recorder = try settings.har.map { (har) throws(AdapterError) in try HARRecorder(har) }
    client = MeasuredHTTPClient(
      recorder?.client(recording: cached) ?? cached, operation.metrics)
    cookies = try settings.cookies.jar(operation)
    tokens = Self.tokens(settings, recorder, operation)
    let keys = settings.headers.fields.filter { Redactor.isSecret($0.name) }
    pacer = settings.rateLimit.pacer(
      identity: settings.authentication.identity + keys.map(\.value), operation)
  }

  /// - Parameter isOwnOrigin: false for a request to another origin than the API's, which is told
  ///   nothing that proves who asks.
  func exchange(
    _ request: HTTPRequest, into sink: any HTTPResponseSink, isOwnOrigin: Bool = true
  ) -> HTTPExchange {
    let exchange = settings.exchange(request, into: sink, isOwnOrigin: isOwnOrigin)
    exchange.pacer = pacer
    exchange.cookies = cookies
    if isOwnOrigin, let tokens, !exchange.request.headers.contains("Authorization") {
      exchange.authorize = { (request) throws(AdapterError) in
        request.headers["Authorization"] = "Bearer \(try tokens.token().reveal())"
      }
      exchange.renewAuthorization = { (head) throws(AdapterError) in
        guard head.status == 401 else { return false }
        return try tokens.renew()
      }
    }
    if isOwnOrigin, case .aws(let signer) = settings.authentication {
      exchange.renewAuthorization = { [operation] head in
        guard let lead = signer.clock.learn(from: head) else { return false }
        operation.note("\(ResponseStatus.clockText(lead)); signing by the server's clock")
        return true
      }
    }
    return exchange
  }

  /// Runs all that is sent, and completes the record of it, where there is one, also when it fails.
  ///
  /// Throws what `body` throws, and `io` when the record could not be written.
  func recording(_ body: () throws(AdapterError) -> Void) throws(AdapterError) {
    do throws(AdapterError) {
      try body()
    } catch {
      try? recorder?.finish()
      throw error
    }
    try recorder?.finish()
  }

  /// Where tokens come from, for OAuth 2; nil for another kind of authentication.
  private static func tokens(
    _ settings: APISettings, _ recorder: HARRecorder?, _ operation: OperationContext
  ) -> OAuth2Tokens? {
    guard case .oauth2(let credentials) = settings.authentication else { return nil }
    var http = settings.http
    // The socket leads to the API, not to who gives tokens.
    http.unixSocket = nil
    let folder = BaseDirectory.state.path.map { $0 + "/tokens" }
    return OAuth2Tokens(credentials, folder: folder, operation) {
      [http] () throws(AdapterError) in
      let client = try AdapterRegistry.openHTTP(http, operation)
      return recorder?.client(recording: client) ?? client
    }
  }
}
