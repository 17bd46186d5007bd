import APIClient
import AdapterCore
import Platform

/// Runs a batch: requests from the lines of the input, results to stdout.
final class APIBatchRun: HTTPExchangeSource {
  private let options: APIBatchOptions
  private let context: CommandContext
  private let session: APISession
  private let input: BatchInput
  private let journal: BatchJournal?
  private let log: ExchangeLog?
  /// Header fields of every request, for the target's origin and for others.
  private let ownFields: HTTPHeaders
  private let otherFields: HTTPHeaders
  private var order: BatchOrder?
  private var line = 0
  private var counts = BatchCounts()
  private var progress: ShownProgress?
  private let rendered = OutputBuffer.inMemory()
  /// What is done, and not in the state yet: results go out first.
  private var unnoted: [(line: Int, hash: UInt64, isDone: Bool)] = []

  init(_ options: APIBatchOptions, _ context: CommandContext) throws(AdapterError) {
    self.options = options
    self.context = context
    session = try APISession(options.settings, context)
    input = try BatchInput(path: options.input)
    journal = try options.state.map { path throws(AdapterError) in
      try BatchJournal(path: path, target: options.base?.text ?? "")
    }
    log = options.isVerbose ? ExchangeLog(context) : nil
    ownFields = options.settings.headers
    otherFields = HTTPHeaders(
      ownFields.fields.filter { !Secret.isSecretName($0.name) && !$0.isNamed("Cookie") })
    order = options.isOrdered ? BatchOrder(jobs: options.jobs) : nil
  }

  func run() throws(AdapterError) {
    var shown = options.progress
    shown.printsData = true
    progress = context.startProgress(
      "batch", total: input.size, unit: input.size == nil ? .count("requests") : .bytes, shown)
    do throws(AdapterError) {
      try session.recording { () throws(AdapterError) in
        try session.client.run(self, concurrency: options.jobs)
      }
      try finish()
    } catch {
      progress?.end()
      try? finish()
      var error = error
      if error.kind == .cancelled || error.kind == .timeout {
        let hint = options.state.map { "; --resume \($0) goes on from here" } ?? ""
        context.operation.note("stopped after \(counts.text)\(hint)")
      } else {
        error.details.append("stopped after \(counts.text)")
      }
      throw error
    }
    progress?.end()
    if let error = counts.error(skipsDone: journal != nil) { throw error }
    if context.terminal.isTerminal(.errors) { context.operation.note(counts.text) }
  }

  private func finish() throws(AdapterError) {
    try clientWaits()
    try journal?.flush(toDisk: true)
  }

  // MARK: Requests

  func next() throws(AdapterError) -> HTTPNextExchange {
    while true {
      if let order, !order.hasRoom { return .whenOneEnds }
      switch try input.next() {
      case .line(let bytes):
        line += 1
        if let exchange = try exchange(for: bytes) { return .exchange(exchange) }
      case .tooLong:
        line += 1
        try refuse(
          AdapterError(.data, "the line is longer than 64 MiB", hint: "body_file takes a file"),
          nil)
      case .none(let descriptor): return .whenReadable(descriptor)
      case .end: return .end
      }
      try context.operation.cancellation.check()
    }
  }

  /// nil for a line that is blank, done already, or no request.
  private func exchange(for bytes: BorrowedBytes) throws(AdapterError) -> HTTPExchange? {
    guard bytes.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { return nil }
    let hash = journal == nil ? 0 : BatchJournal.hash(of: bytes)
    let known = try journal?.known(line, hash) ?? .nothing
    if known == .done {
      counts.skipped += 1
      showProgress()
      return nil
    }
    var parsed = BatchRequest()
    let request: HTTPRequest
    do throws(AdapterError) {
      try parsed.read(bytes, context.operation)
      request = try parsed.request(below: options.base) { $0 ? ownFields : otherFields }
      if known == .doubtful, !request.isIdempotent { throw Self.doubtful }
    } catch {
      try refuse(error, parsed.id)
      return nil
    }
    let id = parsed.id ?? Array(String(line).utf8)
    return try exchange(request, BatchCall(line: line, number: number(), id: id, hash: hash))
  }

  private static let doubtful = AdapterError(
    .failed, "an earlier run had sent the request, and its end is not known",
    hint: "an Idempotency-Key makes it one that may be sent again")

  private func exchange(
    _ request: HTTPRequest, _ call: BatchCall
  ) throws(AdapterError) -> HTTPExchange {
    let isOwn = options.base.map { $0.isSameOrigin(request.url) } ?? true
    let exchange = session.exchange(request, into: call, isOwnOrigin: isOwn)
    // What the line itself says goes where it says.
    if !isOwn { exchange.request.headers = request.headers }
    exchange.maximumBytes = options.maximumBytes
    exchange.observer = log
    if let journal, !request.isIdempotent {
      call.isNoted = true
      journal.starts(line, call.hash)
      try journal.flush()
    }
    return exchange
  }

  /// The number that orders a result; without an order its line.
  private func number() -> Int { order?.number() ?? line }

  /// Reports a line that is not sent.
  private func refuse(_ error: AdapterError, _ id: [UInt8]?) throws(AdapterError) {
    var error = error
    let file = options.input == "-" ? nil : options.input
    error.position = SourcePosition(file: file, line: line, column: error.position?.column)
    counts.addRefused(error)
    if counts.refused <= BatchCounts.shownLines {
      context.operation.note("\(error.position?.description ?? ""): \(error.message)")
    }
    let result = BatchResult(id: id ?? Array("null".utf8), line: line, error: error)
    try give(result, number())
  }

  // MARK: Results

  func completed(
    _ exchange: HTTPExchange, _ outcome: Result<HTTPResult, AdapterError>
  ) throws(AdapterError) {
    guard let call = exchange.sink as? BatchCall else { return }
    var result = BatchResult(
      id: call.id, line: call.line, attempts: exchange.attempts, time: call.elapsed,
      showsHeaders: options.includesHeaders)
    switch outcome {
    case .success(let response):
      result.head = response.head
      result.content = call.content
      if !options.allowedStatuses.contains(response.head.status) {
        result.error = ResponseStatus.error(response, method: exchange.request.method)
      }
    case .failure(let error): result.error = error
    }
    counts.add(result)
    note(call, result)
    try give(result, call.number)
  }

  /// What a later run must know.
  private func note(_ call: BatchCall, _ result: BatchResult) {
    guard journal != nil else { return }
    if result.error == nil {
      unnoted.append((call.line, call.hash, true))
    } else if call.isNoted, result.head != nil || result.error?.kind == .unavailable {
      unnoted.append((call.line, call.hash, false))
    }
  }

  private func give(_ result: BatchResult, _ number: Int) throws(AdapterError) {
    if order == nil {
      append(result, to: context.output)
    } else {
      append(result, to: rendered)
      order?.take(rendered.takeBytes(), number, into: context.output)
    }
    showProgress()
    try context.flushIfFull()
  }

  /// On a terminal what JSON allows in a string and would steer it is escaped as JSON does.
  private func append(_ result: BatchResult, to output: OutputBuffer) {
    guard context.terminal.isTerminal(.output) else { return result.append(to: output) }
    let line = OutputBuffer.inMemory()
    result.append(to: line)
    PrintableText.append(
      line.collected, but: [.tab, .lineFeed], to: output, escape: PrintableText.appendJSONEscape)
  }

  private func showProgress() {
    progress?.update(to: input.size == nil ? counts.seen : input.byteCount)
  }

  func clientWaits() throws(AdapterError) {
    try context.flush()
    guard let journal else { return }
    for item in unnoted {
      if item.isDone {
        journal.done(item.line, item.hash)
      } else {
        journal.failed(item.line, item.hash)
      }
    }
    unnoted.removeAll(keepingCapacity: true)
    try journal.flush()
  }
}
