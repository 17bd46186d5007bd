import AdapterCore
import CCurl
import Platform

/// `HTTPClient` on one multi handle, which keeps the connections and drives all transfers.
final class CurlClient: HTTPClient {
  private let options: HTTPOptions
  private let operation: OperationContext
  private let multi: UnsafeMutableRawPointer
  private var idleHandles: [CurlHandle] = []
  private var running: [CurlTransfer] = []
  private var delayed: [(instant: MonotonicInstant, job: HTTPJob)] = []

  init(_ options: HTTPOptions, _ operation: OperationContext) throws(AdapterError) {
    guard let multi = curl_multi_init() else {
      throw AdapterError(.bug, "libcurl gives no multi handle")
    }
    self.options = options
    self.operation = operation
    self.multi = multi
    _ = nb_curl_multi_set_long(
      multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, options.maximumConnections)
    _ = nb_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, options.maximumConnections)
  }

  deinit {
    abandonAll()
    curl_multi_cleanup(multi)
  }

  // MARK: Driving

  func run(_ source: any HTTPExchangeSource, concurrency: Int) throws(AdapterError) {
    defer { abandonAll() }
    operation.cancellation.watch()
    var feed = Feed(source: source)
    while true {
      try operation.cancellation.check()
      guard !operation.deadline.isPassed else { throw operation.stopError }
      try startDelayed(source)
      try startNew(from: &feed, upTo: concurrency)
      if running.isEmpty, delayed.isEmpty, feed.isAtEnd { return }
      if try !finishSome(source) { wait(until: feed.nextInstant) }
    }
  }

  /// What is known of a source.
  private struct Feed {
    let source: any HTTPExchangeSource
    var isAtEnd = false
    /// Not asked again before; nil: when an exchange has ended.
    var nextInstant: MonotonicInstant?
  }

  private func startNew(from feed: inout Feed, upTo concurrency: Int) throws(AdapterError) {
    feed.nextInstant = nil
    while !feed.isAtEnd, running.count + delayed.count < concurrency {
      switch try feed.source.next() {
      case .exchange(let exchange):
        try start(HTTPJob(exchange, operation), concurrency: concurrency, feed.source)
      case .later(let instant):
        feed.nextInstant = instant
        return
      case .whenOneEnds: return
      case .end: feed.isAtEnd = true
      }
    }
  }

  private func startDelayed(_ source: any HTTPExchangeSource) throws(AdapterError) {
    let now = MonotonicInstant.now
    let due = delayed.filter { $0.instant <= now }
    delayed.removeAll { $0.instant <= now }
    for item in due { try start(item.job, concurrency: 2, source) }
  }

  /// Asks libcurl to go on; whether transfers have ended.
  private func finishSome(_ source: any HTTPExchangeSource) throws(AdapterError) -> Bool {
    var stillRunning: Int32 = 0
    let code = curl_multi_perform(multi, &stillRunning)
    guard code == CURLM_OK else {
      throw AdapterError(.bug, "libcurl: \(String(cString: curl_multi_strerror(code)))")
    }
    var hasFinished = false
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE,
        let index = running.firstIndex(where: { $0.handle.raw == message.pointee.easy_handle })
      else { continue }
      hasFinished = true
      let result = nb_curl_message_result(message)
      let transfer = running.remove(at: index)
      curl_multi_remove_handle(multi, transfer.handle.raw)
      try finish(transfer, result, source)
    }
    return hasFinished
  }

  /// Waits for the network, a wait's end, or the operation's.
  private func wait(until instant: MonotonicInstant?) {
    var ends = delayed.map(\.instant)
    if let instant { ends.append(instant) }
    if let deadline = operation.deadline.instant { ends.append(deadline) }
    let end = operation.nextLook(before: ends.min())
    let longest: Int64 = 60_000
    let milliseconds = end.map { ($0.since(.now).inNanoseconds + 999_999) / 1_000_000 } ?? longest
    var wake = curl_waitfd()
    wake.fd = operation.cancellation.wakeEvent.rawValue
    wake.events = Int16(CURL_WAIT_POLLIN)
    curl_multi_poll(multi, &wake, 1, Int32(max(0, min(milliseconds, longest))), nil)
  }

  // MARK: One transfer

  private func start(
    _ job: HTTPJob, concurrency: Int, _ source: any HTTPExchangeSource
  ) throws(AdapterError) {
    do throws(AdapterError) {
      if let instant = try job.takeTurn() {
        delayed.append((instant, job))
        return
      }
      try job.prepare()
    } catch {
      return try source.completed(job.exchange, .failure(error))
    }
    let handle = try takeHandle()
    let transfer = CurlTransfer(job, handle)
    CurlSetup(options, operation).configure(
      handle, for: transfer, sharesConnections: concurrency > 1)
    curl_multi_add_handle(multi, handle.raw)
    running.append(transfer)
  }

  private func takeHandle() throws(AdapterError) -> CurlHandle {
    if let idle = idleHandles.popLast() { return idle }
    return try CurlHandle()
  }

  private func finish(
    _ transfer: CurlTransfer, _ code: CURLcode, _ source: any HTTPExchangeSource
  ) throws(AdapterError) {
    let job = transfer.job
    do throws(AdapterError) {
      if let failure = transfer.failure { throw failure }
      if code != CURLE_OK, !transfer.isCutShort {
        return try failed(transfer, code)
      }
      switch try transfer.finalDisposition() {
      case .redirect(let next):
        job.follow(next)
        idleHandles.append(transfer.handle)
        try start(job, concurrency: 2, source)
      case .retry(let delay):
        delayed.append((MonotonicInstant.now.advanced(by: delay), job))
        idleHandles.append(transfer.handle)
      case .undecided, .deliver:
        try checkLength(of: transfer)
        let result = try result(of: transfer)
        idleHandles.append(transfer.handle)
        try source.completed(job.exchange, .success(result))
      }
    } catch {
      guard !operation.cancellation.isCancelled else { throw operation.stopError }
      try source.completed(job.exchange, .failure(error))
    }
  }

  /// Tries again after a failure that may pass; throws any other.
  private func failed(_ transfer: CurlTransfer, _ code: CURLcode) throws(AdapterError) {
    let handle = transfer.handle
    let error = HTTPErrors.make(code, handle.errorText, for: transfer.job.request.url)
    let wasSent =
      handle.long(CURLINFO_REQUEST_SIZE) > 0 || handle.offset(CURLINFO_SIZE_UPLOAD_T) > 0
    let delay = try transfer.job.delay(after: error, wasSent: wasSent)
    delayed.append((MonotonicInstant.now.advanced(by: delay), transfer.job))
    idleHandles.append(handle)
  }

  /// A reset or GOAWAY can look like the end of a response to libcurl 7.88.
  private func checkLength(of transfer: CurlTransfer) throws(AdapterError) {
    let received = transfer.handle.offset(CURLINFO_SIZE_DOWNLOAD_T)
    guard transfer.job.request.method != "HEAD",
      let status = transfer.head?.status, status != 204, status != 304,
      let announced = transfer.head?.headers["Content-Length"].flatMap({ Int($0) }),
      received < announced
    else { return }
    throw AdapterError(
      .temporary,
      "\(transfer.job.request.url) ended after \(received) of \(announced) bytes",
      hint: "what has arrived is not all of the response", isRetryable: true)
  }

  private func result(of transfer: CurlTransfer) throws(AdapterError) -> HTTPResult {
    guard let head = transfer.head else {
      throw AdapterError(.bug, "a transfer ended well without a head")
    }
    return HTTPResult(
      head: head, url: transfer.job.request.url,
      connection: CurlMeasures.connection(of: transfer.handle),
      receivedBytes: transfer.handle.offset(CURLINFO_SIZE_DOWNLOAD_T),
      decodedBytes: transfer.job.decodedBytes, attempts: transfer.job.attempt)
  }

  private func abandonAll() {
    for transfer in running { curl_multi_remove_handle(multi, transfer.handle.raw) }
    running = []
    delayed = []
  }
}
