import APIClient
import AdapterCore
import Platform

/// The records of responses on stdout, as a path selects them; the content of a refusal as it is.
final class RecordsPrinter: ResponseOutput {
  private let selection: RecordSelection
  private let options: APIRequestOptions
  private let context: CommandContext
  /// Made for the first response: a stream's records do not wait for each other.
  private var records: SelectRecords?
  private var reader: SelectReader?
  /// Prints the content of a refusal.
  private let printer: ResponsePrinter
  private var isRefusal = false
  private var isStream = false
  private var head = HTTPResponseHead(status: 0, headers: HTTPHeaders())
  private var url = ""
  private var missingPlace: String?
  private var hasFinished = false

  init(
    _ selection: RecordSelection, _ options: APIRequestOptions, _ context: CommandContext
  ) {
    self.selection = selection
    self.options = options
    self.context = context
    printer = ResponsePrinter(options, context)
  }

  /// Records of all responses so far.
  var count: Int { records?.count ?? 0 }

  /// Elements of the array that the path goes through, in the present response; nil when it has none.
  var elementCount: Int? { isStream ? reader?.documentCount : reader?.elementCount }

  // MARK: A response

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) throws(AdapterError) {
    self.head = head
    url = request.url.redacted
    isRefusal = options.isFailure(head.status)
    if isRefusal { return try printer.begin(head, of: request) }
    isStream = MediaType.isSequence(head.headers["Content-Type"] ?? "")
    reader = SelectReader(selection.path, into: makeRecords())
    context.operation.metrics.recordFirstRow()
  }

  /// Whether a person sees page after page come.
  private var showsPages: Bool { selection.isPaged && selection.output.render.forTerminal }

  private func makeRecords() -> SelectRecords {
    if let records { return records }
    var render = selection.output.render
    render.flushEachRow = isStream || showsPages
    let sink = selection.output.format.makeRenderer(context.output, options: render)
    let made = SelectRecords(selection.path, into: sink)
    records = made
    return made
  }

  func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    if isRefusal { return try printer.write(bytes) }
    do throws(AdapterError) {
      try reader?.push(bytes)
      if isStream { try records?.release() }
    } catch {
      throw placed(error)
    }
  }

  /// The response has come to its end.
  func endResponse() throws(AdapterError) {
    if isRefusal {
      isRefusal = false
      return try printer.finish()
    }
    guard let reader else { return }
    do throws(AdapterError) {
      try reader.finish()
    } catch {
      throw placed(error)
    }
    if showsPages { try records?.release() }
    missingPlace = missingPlace ?? reader.missingPlace
    if reader.documentCount == 0, !isStream, ![204, 205, 304].contains(head.status) {
      throw AdapterError(
        .data, "\(url) has no content to select from",
        hint: "-v shows what the server answers")
    }
  }

  // MARK: All of them

  func finish() throws(AdapterError) {
    try endResponse()
    try endRecords()
  }

  /// There are no more responses.
  func endRecords() throws(AdapterError) {
    hasFinished = true
    context.operation.metrics.add(rows: count)
    try records?.finish()
    if let records, !records.hasValues, let missingPlace {
      context.operation.note("nothing is at \(missingPlace) in \(url)")
    }
  }

  /// An array of JSON stays open, so that nobody takes it for
  /// complete.
  func abandon() {
    if isRefusal { try? printer.finish() }
    guard !hasFinished else { return }
    if selection.output.format == .json {
      try? records?.release()
    } else {
      try? records?.finish()
    }
    try? context.flush()
  }

  private func placed(_ error: AdapterError) -> AdapterError {
    guard error.kind == .data else { return error }
    var error = error
    let type = head.headers["Content-Type"] ?? ""
    if error.message.hasPrefix("no JSON") {
      error.message = "\(url) gives \(error.message)"
      error.hint =
        type.lowercased().contains("json")
        ? "is the response complete? Without --select it is printed as it is"
        : "it is \(type.isEmpty ? "of no stated type" : type); "
          + "without --select it is printed as it is"
    } else {
      error.message = "\(url): \(error.message)"
    }
    return error
  }
}
