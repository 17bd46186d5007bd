import AdapterCore

/// Notes on stderr what a person would wonder about: that the server asks to be left alone for a while.
final class WaitLog: HTTPObserver {
  private static let notedWait = Duration.seconds(2)

  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func sends(_ request: HTTPRequest, attempt: Int) {}

  func receives(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ connection: HTTPConnectionInfo
  ) {}

  func takesFromCache(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ use: HTTPCacheUse
  ) {}

  func triesAgain(after error: AdapterError, in delay: Duration) {
    guard delay >= Self.notedWait else { return }
    let seconds = (delay.inNanoseconds + 999_999_999) / 1_000_000_000
    context.operation.note("\(error.message); again in \(seconds) s")
  }
}
