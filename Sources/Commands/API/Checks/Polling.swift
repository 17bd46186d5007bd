import APIClient
import AdapterCore
import Platform

/// `--until`: sends the request again and again until the response is as wanted.
final class Polling {
  /// Without --timeout: nothing is waited for without end.
  static let defaultLimit = Duration.seconds(300)

  /// The last response.
  struct Outcome {
    var result: HTTPResult
    var content: OutputBuffer
    /// What to throw once it is printed; nil when all is as wanted.
    var failure: AdapterError?
  }

  private let checks: ResponseChecks
  private let options: APIRequestOptions
  private let context: CommandContext
  private let operation: OperationContext
  private var last: Outcome?
  /// What the last look has found, as a person is told.
  private var state: [String] = []
  private var count = 0

  init(
    _ checks: ResponseChecks, _ options: APIRequestOptions, _ context: CommandContext
  ) throws(AdapterError) {
    self.checks = checks
    self.options = options
    self.context = context
    operation =
      context.globals.timeout == nil
      ? context.operation.ending(by: .after(Self.defaultLimit)) : context.operation
    if let body = options.request.body, !body.isRepeatable {
      throw AdapterError(
        .usage, "--until sends the content again, and a pipe cannot be read again",
        hint: "put it into a file")
    }
  }

  /// What the session to look with is made of.
  static func settings(_ settings: APISettings) -> APISettings {
    var settings = settings
    settings.timeout = settings.timeout.map { max($0, defaultLimit) } ?? defaultLimit
    // What is kept does not change.
    settings.cache.isOn = false
    return settings
  }

  /// Throws what ends the waiting at once; a timeout comes with the last response, if there is one.
  func run(_ session: APISession) throws(AdapterError) -> Outcome {
    do throws(AdapterError) {
      while try !look(session) { try operation.sleep(for: checks.interval) }
    } catch {
      guard error.kind == .timeout else { throw error }
      var failure = AdapterError(
        .timeout, "\(options.request.method) \(options.request.url) is not as wanted in time",
        hint: "--timeout sets how long to wait",
        details: state.isEmpty ? ["  no answer has come"] : state)
      failure.details.append("  looked \(count == 1 ? "once" : "\(count) times")")
      guard var last else { throw failure }
      last.failure = failure
      return last
    }
    guard let last else { throw AdapterError(.bug, "the waiting ended without a response") }
    return last
  }

  /// Sends the request once; whether the response is as wanted.
  private func look(_ session: APISession) throws(AdapterError) -> Bool {
    if count > 0 { try options.request.body?.rewind() }
    count += 1
    let capture = ContentCapture()
    let exchange = session.exchange(options.request, into: capture)
    exchange.maximumBytes = options.maximumBytes
    // The next look is the next attempt.
    exchange.retry = .never
    let log = options.isVerbose ? ExchangeLog(context) : nil
    exchange.observer = log
    let result: HTTPResult
    do throws(AdapterError) {
      result = try session.client.send(exchange)
    } catch {
      // A server that is being started, or restarted.
      guard error.kind == .unavailable || error.kind == .temporary else { throw error }
      tell(["  \(error.message)"])
      return false
    }
    last = Outcome(result: result, content: capture.content)
    return try judge(result, capture.content)
  }

  private func judge(_ result: HTTPResult, _ content: OutputBuffer) throws(AdapterError) -> Bool {
    if options.isFailure(result.head.status),
      let error = ResponseStatus.error(result, method: options.request.method)
    {
      // Who may not ask will not be let in by waiting.
      if error.kind == .denied {
        last?.failure = error
        return true
      }
      tell(["  \(error.message)"])
      return false
    }
    let response = ObservedResponse(result, content: content)
    let faults = checks.conditions.map { $0.fault(in: response) }
    let details = ResponseChecks.details(checks.conditions, faults)
    if !details.isEmpty { tell(details) }
    return details.isEmpty
  }

  /// Says what the state is, when it has changed.
  private func tell(_ state: [String]) {
    if state != self.state {
      for line in state { operation.note("not yet: \(line.drop { $0 == " " })") }
    }
    self.state = state
  }
}
