import APIClient
import AdapterCore
import CLI
import Platform
import Terminal

/// `--download`: content into a file that appears when it is complete. What broke off is gone on with,
/// by this run or a later one.
final class Download: HTTPResponseSink {
  private let options: APIRequestOptions
  private let path: String
  private let context: CommandContext
  private let partial: PartialFile
  private let log: any HTTPObserver
  /// Prints the content of a refusal.
  private let printer: ResponsePrinter
  private var progress: ShownProgress?
  /// Where the content of the present response begins; nil: it is no part of the file.
  private var takesContent = false
  private var canResume = false

  init(
    _ options: APIRequestOptions, path: String, _ context: CommandContext
  ) throws(AdapterError) {
    self.options = options
    self.path = path
    self.context = context
    log = options.makeLog(context)
    printer = ResponsePrinter(options, context)
    do throws(Errno) {
      partial = try PartialFile(for: path)
    } catch {
      guard error != .wouldBlock else {
        throw AdapterError(
          .temporary, "another nb is downloading to \(path)", hint: "wait for it, or stop it")
      }
      throw AdapterError(error, doing: "write", path: path)
    }
  }

  /// - Parameter judge: throws what keeps the file from appearing.
  func run(
    _ session: APISession, judge: (HTTPResult) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    do throws(AdapterError) {
      let retry = Retry(options.settings.retry, context.operation)
      let result = try retry.run(willWait: log.triesAgain) { () throws(AdapterError) in
        try attempt(session)
      }
      try finish(result, judge)
    } catch {
      progress?.end()
      try? partial.flush()
      if !canResume { removeAll() }
      throw canResume && partial.byteCount > 0 ? sayingHowToGoOn(error) : error
    }
  }

  /// Says that what has arrived is kept; an interruption has no message of its own.
  private func sayingHowToGoOn(_ error: AdapterError) -> AdapterError {
    var error = error
    let amount = ProgressUnit.bytes.amount(partial.byteCount)
    let text = "\(amount) of \(path) is kept; the same command goes on from there"
    if error.kind == .cancelled {
      context.operation.note(text)
    } else {
      error.details.append(text)
    }
    return error
  }

  private func attempt(_ session: APISession) throws(AdapterError) -> HTTPResult {
    var request = options.request
    request.headers["Accept-Encoding"] = "identity"
    let state = DownloadState.load(for: partial)
    if let state, state.url == request.url.text, partial.byteCount > 0 {
      canResume = true
      partial.keepOnDeath(true)
      request.headers["Range"] = "bytes=\(partial.byteCount)-"
      request.headers["If-Range"] = state.validator
    } else {
      try write { () throws(Errno) in try partial.truncate() }
    }
    let exchange = session.exchange(request, into: self)
    exchange.isBulk = true
    exchange.maximumBytes = options.maximumBytes
    exchange.observer = log
    let result = try session.client.send(exchange)
    if result.head.status == 416, canResume, !isComplete(result.head) {
      // What is there is not the beginning of what the server has now.
      canResume = false
      DownloadState.remove(for: partial)
      try write { () throws(Errno) in try partial.truncate() }
      return try attempt(session)
    }
    return result
  }

  /// Whether a refusal of a range says that there is no more to come (RFC 9110, section 15.5.17).
  private func isComplete(_ head: HTTPResponseHead) -> Bool {
    head.headers["Content-Range"] == "bytes */\(partial.byteCount)"
  }

  private func finish(
    _ result: HTTPResult, _ judge: (HTTPResult) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    progress?.end()
    if !takesContent, !(result.head.status == 416 && isComplete(result.head)) {
      try printer.finish()
      removeAll()
      return try judge(result)
    }
    do throws(AdapterError) {
      try judge(whole(result))
    } catch {
      canResume = false
      throw error
    }
    try write { () throws(Errno) in try partial.commit() }
    DownloadState.remove(for: partial)
    if context.terminal.isTerminal(.errors) {
      context.operation.note(
        "\(ProgressUnit.bytes.amount(partial.byteCount)) downloaded to \(path)")
    }
  }

  /// As if the content had come at once.
  private func whole(_ result: HTTPResult) -> HTTPResult {
    var result = result
    if [206, 416].contains(result.head.status) { result.head.status = 200 }
    result.decodedBytes = partial.byteCount
    return result
  }

  private func removeAll() {
    partial.remove()
    DownloadState.remove(for: partial)
  }

  // MARK: The response

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) throws(AdapterError) {
    takesContent = false
    switch head.status {
    case 206 where isNext(head): takesContent = true
    case 206:
      throw AdapterError(
        .protocolViolation, "\(request.url) gives another part of the content than was asked for",
        code: "HTTP 206", hint: "remove \(partial.partialPath) to begin anew")
    case 200..<300:
      try write { () throws(Errno) in try partial.truncate() }
      takesContent = true
      canResume = false
      if let state = DownloadState(head, of: options.request.url) {
        try write { () throws(Errno) in try state.save(for: partial) }
        canResume = true
      }
      partial.keepOnDeath(canResume)
    case 416: return
    default: return try printer.begin(head, of: request)
    }
    let length = head.headers["Content-Length"].flatMap { Int($0) }
    progress?.end()
    progress = context.startProgress(
      "download \(FileSystem.name(of: path))", total: length.map { $0 + partial.byteCount },
      unit: .bytes, options.progress)
  }

  private func isNext(_ head: HTTPResponseHead) -> Bool {
    head.headers["Content-Range"]?.hasPrefix("bytes \(partial.byteCount)-") ?? false
  }

  func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    guard takesContent else { return try printer.write(bytes) }
    try write { () throws(Errno) in try partial.append(bytes) }
    context.operation.metrics.add(bytes: bytes.count)
    progress?.update(to: partial.byteCount)
  }

  private func write(_ body: () throws(Errno) -> Void) throws(AdapterError) {
    do throws(Errno) {
      try body()
    } catch {
      throw AdapterError(error, doing: "write", path: path)
    }
  }
}
