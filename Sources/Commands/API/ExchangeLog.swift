import APIClient
import AdapterCore
import Platform

/// `-v`: the heads of requests and responses on stderr, as curl shows them, secrets as `***`.
final class ExchangeLog: HTTPObserver {
  private let context: CommandContext

  init(_ context: CommandContext) { self.context = context }

  func sends(_ request: HTTPRequest, attempt: Int) {
    let style = context.terminal.style(.errors)
    let scheme = request.url.isSecure ? "" : " (without TLS)"
    note(style.dim("* \(request.url.origin)\(scheme)\(attempt > 1 ? ", attempt \(attempt)" : "")"))
    for line in RequestText.lines(request, showsSecrets: false) { note(style.cyan("> \(line)")) }
  }

  func receives(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ connection: HTTPConnectionInfo
  ) {
    let style = context.terminal.style(.errors)
    let way = connection.isReused ? "the same connection" : connection.remoteAddress ?? "?"
    note(style.dim("* over \(way)"))
    for line in ResponsePrinter.lines(head, redacts: true) { note(style.green("< \(line)")) }
  }

  func triesAgain(after error: AdapterError, in delay: Duration) {
    let milliseconds = delay.inNanoseconds / 1_000_000
    note(context.terminal.style(.errors).yellow("* \(error.message); again in \(milliseconds) ms"))
  }

  func takesFromCache(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ use: HTTPCacheUse
  ) {
    let style = context.terminal.style(.errors)
    let age = head.headers["Age"].map { ", \($0) s old" } ?? ""
    note(style.dim("* \(request.url.origin), from the cache (\(use.rawValue)\(age))"))
    for line in ResponsePrinter.lines(head, redacts: true) { note(style.green("< \(line)")) }
  }

  private func note(_ line: String) { context.status.note(line) }
}
