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
    note("* \(request.url.origin)\(scheme)\(attempt > 1 ? ", attempt \(attempt)" : "")", style.dim)
    for line in RequestText.lines(request, showsSecrets: false) { note("> \(line)", style.cyan) }
  }

  func receives(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ connection: HTTPConnectionInfo
  ) {
    let style = context.terminal.style(.errors)
    let way = connection.isReused ? "the same connection" : connection.remoteAddress ?? "?"
    note("* over \(way)", style.dim)
    for line in ResponsePrinter.lines(head, redacts: true) { note("< \(line)", style.green) }
  }

  func triesAgain(
    after error: AdapterError, in delay: Duration, retry number: Int, of limit: Int
  ) {
    let milliseconds = delay.inNanoseconds / 1_000_000
    note(
      "* \(error.message); trying again in \(milliseconds) ms (\(number) of \(limit))",
      context.terminal.style(.errors).yellow)
  }

  func takesFromCache(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ use: HTTPCacheUse
  ) {
    let style = context.terminal.style(.errors)
    let age = head.headers["Age"].map { ", \($0) s old" } ?? ""
    note("* \(request.url.origin), from the cache (\(use.rawValue)\(age))", style.dim)
    for line in ResponsePrinter.lines(head, redacts: true) { note("< \(line)", style.green) }
  }

  /// A line that may hold a stranger's text: on a terminal it is escaped before it is coloured.
  private func note(_ line: String, _ colored: (String) -> String) {
    let isTerminal = context.terminal.isTerminal(.errors)
    context.status.print([colored(isTerminal ? line.escapingControls() : line)])
  }
}
