import AdapterCore

/// Notes on stderr what a person would wonder about: that nothing happens for more than a second,
/// since the request is to be sent again.
final class WaitLog: HTTPObserver {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func sends(_ request: HTTPRequest, attempt: Int) {}

  func receives(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ connection: HTTPConnectionInfo
  ) {}

  func takesFromCache(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ use: HTTPCacheUse
  ) {}

  func triesAgain(
    after error: AdapterError, in delay: Duration, retry number: Int, of limit: Int
  ) {
    guard delay > .seconds(1) else { return }
    context.operation.note(
      "\(error.message); trying again in \(delay.secondsRoundedUp) s (\(number) of \(limit))")
  }
}
