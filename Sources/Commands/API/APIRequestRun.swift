import APIClient
import AdapterCore
import Platform

/// Sends one request and prints what comes of it.
struct APIRequestRun {
  private let options: APIRequestOptions
  private let context: CommandContext

  init(_ options: APIRequestOptions, _ context: CommandContext) {
    self.options = options
    self.context = context
  }

  func run() throws(AdapterError) {
    if let preview = options.preview { return try show(preview) }
    let isPolling = options.checks.map { !$0.conditions.isEmpty } ?? false
    let session = try APISession(
      isPolling ? Polling.settings(options.settings) : options.settings, context)
    try session.recording { () throws(AdapterError) in try run(session) }
  }

  private func run(_ session: APISession) throws(AdapterError) {
    if let paging = options.paging, let selection = options.selection {
      return try PagedRun(paging, selection, options, context).run(session)
    }
    if let path = options.download {
      return try download(to: path, session)
    }
    let output = makeOutput()
    guard let checks = options.checks else {
      let result = try receive(output) { () throws(AdapterError) in
        try send(session, into: output)
      }
      return try Self.check(result, options)
    }
    let answer: Polling.Outcome
    do throws(AdapterError) {
      answer = try receive(output) { () throws(AdapterError) in
        try ask(session, checks, output)
      }
    } catch {
      try checks.reportFailure(error, of: options.request)
      throw error
    }
    try judge(answer, by: checks)
  }

  private func makeOutput() -> any ResponseOutput {
    guard let selection = options.selection else { return ResponsePrinter(options, context) }
    return RecordsPrinter(selection, options, context)
  }

  /// Ends the output behind what `body` puts into it.
  private func receive<Answer>(
    _ output: any ResponseOutput, _ body: () throws(AdapterError) -> Answer
  ) throws(AdapterError) -> Answer {
    do throws(AdapterError) {
      let answer = try body()
      try output.finish()
      return answer
    } catch {
      output.abandon()
      throw error
    }
  }

  // MARK: Checks

  /// The file appears when its response is as expected.
  private func download(to path: String, _ session: APISession) throws(AdapterError) {
    let download = try Download(options, path: path, context)
    guard let checks = options.checks else {
      return try download.run(session) { result throws(AdapterError) in
        try Self.check(result, options)
      }
    }
    var isJudged = false
    do throws(AdapterError) {
      try download.run(session) { result throws(AdapterError) in
        isJudged = true
        try judge(Polling.Outcome(result: result, content: .inMemory()), by: checks)
      }
    } catch {
      if !isJudged { try checks.reportFailure(error, of: options.request) }
      throw error
    }
  }

  /// Sends the request, once or until the response is as wanted, and prints the last response.
  private func ask(
    _ session: APISession, _ checks: ResponseChecks, _ output: any ResponseOutput
  ) throws(AdapterError) -> Polling.Outcome {
    guard checks.conditions.isEmpty else {
      let answer = try Polling(checks, options, context).run(session)
      try output.begin(answer.result.head, of: options.request)
      try output.write(answer.content.collected)
      return answer
    }
    let capture = ContentCapture(before: output, keepsContent: checks.needsContent)
    let result = try send(session, into: capture)
    return Polling.Outcome(result: result, content: capture.content)
  }

  /// Throws the first of: the wait was too long, the status is an error, an expectation is not met.
  private func judge(
    _ answer: Polling.Outcome, by checks: ResponseChecks
  ) throws(AdapterError) {
    let response = ObservedResponse(answer.result, content: answer.content)
    let fault = try checks.judge(response, of: options.request)
    if let failure = answer.failure { throw failure }
    do throws(AdapterError) {
      try Self.check(answer.result, options)
    } catch {
      var error = error
      error.details += fault?.details ?? []
      throw error
    }
    if let fault { throw fault }
  }

  private func send(
    _ session: APISession, into sink: any HTTPResponseSink
  ) throws(AdapterError) -> HTTPResult {
    let exchange = session.exchange(options.request, into: sink)
    exchange.maximumBytes = options.maximumBytes
    let log = options.makeLog(context)
    exchange.observer = log
    return try session.client.send(exchange)
  }

  /// Throws what the response's status is, unless it is allowed.
  static func check(
    _ result: HTTPResult, _ options: APIRequestOptions
  ) throws(AdapterError) {
    guard options.isFailure(result.head.status),
      let error = ResponseStatus.error(result, method: options.request.method)
    else { return }
    throw error
  }

  // MARK: Instead of sending

  private func show(_ preview: APIRequestOptions.Preview) throws(AdapterError) {
    let exchange = options.settings.exchange(
      options.request, into: ResponsePrinter(options, context))
    try exchange.authorize?(&exchange.request)
    switch preview {
    case .curl:
      context.output.append(
        CurlLine.text(
          exchange, options: options.settings.http, bodyFile: options.bodyFile,
          cookieFile: options.settings.cookies.path, showsSecrets: options.showsSecrets) + "\n")
    case .request:
      let lines = RequestText.lines(exchange.request, showsSecrets: options.showsSecrets)
      context.output.append(lines.map { $0 + "\n" }.joined() + "\n")
      try printBody(exchange.request.body)
    }
  }

  private func printBody(_ body: (any HTTPBody)?) throws(AdapterError) {
    guard let body else { return }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 1)
    defer { buffer.deallocate() }
    var endsLine = true
    while true {
      let count = try body.read(into: buffer)
      if count == 0 { break }
      context.output.append(
        UnsafeRawBufferPointer(rebasing: buffer[..<count]).bindMemory(to: UInt8.self))
      endsLine = buffer[count - 1] == 0x0A
      try context.flushIfFull()
    }
    // The shell's prompt begins on a line of its own.
    if context.terminal.isTerminal(.output), !endsLine { context.output.append("\n") }
  }
}
