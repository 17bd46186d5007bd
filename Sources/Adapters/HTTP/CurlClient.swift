import AdapterCore
import CCurl
import Platform

/// `HTTPClient` on one multi handle, which keeps the connections and drives all transfers.
final class CurlClient: HTTPClient {
  private let operation: OperationContext
  private let setup: CurlSetup
  private let multi: CurlMulti
  private var idleHandles: [CurlHandle] = []
  private var running: [CurlTransfer] = []
  private var delayed: [(instant: MonotonicInstant, job: HTTPJob)] = []

  init(_ options: HTTPOptions, _ operation: OperationContext) throws(AdapterError) {
    self.operation = operation
    setup = CurlSetup(options)
    multi = try CurlMulti(maximumConnections: options.maximumConnections)
  }

  deinit { abandonAll() }

  // MARK: Driving

  func run(_ source: any HTTPExchangeSource, concurrency: Int) throws(AdapterError) {
    defer { abandonAll() }
    operation.cancellation.watch()
    var feed = Feed(source: source, concurrency: concurrency)
    while true {
      try operation.cancellation.check()
      guard !operation.deadline.isPassed else { throw operation.stopError }
      let earlier = running.count
      try startDelayed(feed)
      try startNew(from: &feed)
      if running.isEmpty, delayed.isEmpty, feed.isAtEnd { return }
      try multi.runTimer(sendsMuch: running.count > earlier + 1)
      if try finishSome(feed) { continue }
      try source.clientWaits()
      try multi.wait(
        wake: operation.cancellation.wakeEvent.rawValue, input: feed.descriptor,
        until: nextInstant(feed))
      _ = try finishSome(feed)
    }
  }

  /// What is known of a source.
  private struct Feed {
    let source: any HTTPExchangeSource
    let concurrency: Int
    var isAtEnd = false
    /// When the source is asked again, besides when an exchange has ended.
    var nextInstant: MonotonicInstant?
    var descriptor: Int32 = -1

    var sharesConnections: Bool { concurrency > 1 }
  }

  private func startNew(from feed: inout Feed) throws(AdapterError) {
    feed.nextInstant = nil
    feed.descriptor = -1
    while !feed.isAtEnd, running.count + delayed.count < feed.concurrency {
      switch try feed.source.next() {
      case .exchange(let exchange): try start(HTTPJob(exchange, operation), feed)
      case .later(let instant):
        feed.nextInstant = instant
        return
      case .whenReadable(let descriptor):
        feed.descriptor = descriptor
        return
      case .whenOneEnds: return
      case .end: feed.isAtEnd = true
      }
    }
  }

  private func startDelayed(_ feed: Feed) throws(AdapterError) {
    guard !delayed.isEmpty else { return }
    let now = MonotonicInstant.now
    let due = delayed.filter { $0.instant <= now }
    delayed.removeAll { $0.instant <= now }
    for item in due { try start(item.job, feed) }
  }

  /// Takes the transfers that have ended; whether there was one.
  private func finishSome(_ feed: Feed) throws(AdapterError) -> Bool {
    var hasFinished = false
    while let (raw, result) = multi.nextFinished() {
      guard let handle = CurlHandle.of(raw), let transfer = handle.transfer else { continue }
      hasFinished = true
      curl_multi_remove_handle(multi.raw, raw)
      remove(transfer)
      try finish(transfer, result, feed)
    }
    return hasFinished
  }

  private func remove(_ transfer: CurlTransfer) {
    transfer.handle.transfer = nil
    let last = running.removeLast()
    guard last !== transfer else { return }
    running[transfer.index] = last
    last.index = transfer.index
  }

  /// When a wait for the network ends: at another's end, or the operation's.
  private func nextInstant(_ feed: Feed) -> MonotonicInstant? {
    var instant = operation.nextLook(before: operation.deadline.instant)
    if let next = feed.nextInstant { instant = instant.map { min($0, next) } ?? next }
    for item in delayed { instant = instant.map { min($0, item.instant) } ?? item.instant }
    return instant
  }

  // MARK: One transfer

  private func start(_ job: HTTPJob, _ feed: Feed) throws(AdapterError) {
    do throws(AdapterError) {
      if let instant = try job.takeTurn() {
        delayed.append((instant, job))
        return
      }
      try job.prepare(setup)
    } catch {
      return try feed.source.completed(job.exchange, .failure(error))
    }
    let handle = try takeHandle()
    let transfer = CurlTransfer(job, handle)
    setup.configure(handle, for: job, sharesConnections: feed.sharesConnections)
    handle.transfer = transfer
    transfer.index = running.count
    running.append(transfer)
    curl_multi_add_handle(multi.raw, handle.raw)
  }

  private func takeHandle() throws(AdapterError) -> CurlHandle {
    if let idle = idleHandles.popLast() { return idle }
    return try CurlHandle()
  }

  private func finish(
    _ transfer: CurlTransfer, _ code: CURLcode, _ feed: Feed
  ) throws(AdapterError) {
    let outcome: Result<HTTPResult, AdapterError>
    do throws(AdapterError) {
      guard let result = try end(transfer, code, feed) else { return }
      outcome = .success(result)
    } catch {
      guard !operation.cancellation.isCancelled else { throw operation.stopError }
      outcome = .failure(error)
    }
    try feed.source.completed(transfer.job.exchange, outcome)
  }

  /// What has come of an exchange; nil when it goes on. Throws what it fails by.
  private func end(
    _ transfer: CurlTransfer, _ code: CURLcode, _ feed: Feed
  ) throws(AdapterError) -> HTTPResult? {
    let job = transfer.job
    defer { idleHandles.append(transfer.handle) }
    if let failure = transfer.failure { throw failure }
    if code != CURLE_OK, !transfer.isCutShort {
      let handle = transfer.handle
      let error = HTTPErrors.make(
        code, handle.errorText, handle.connectErrno, for: job.request.url,
        isReused: handle.long(CURLINFO_NUM_CONNECTS) == 0)
      let wasSent =
        handle.long(CURLINFO_REQUEST_SIZE) > 0 || handle.offset(CURLINFO_SIZE_UPLOAD_T) > 0
      try tryAgain(job, after: job.delay(after: error, wasSent: wasSent))
      return nil
    }
    switch try transfer.finalDisposition() {
    case .redirect(let next):
      job.follow(next)
      try start(job, feed)
      return nil
    case .retry(let delay):
      tryAgain(job, after: delay)
      return nil
    case .undecided, .deliver:
      try checkLength(of: transfer)
      return try result(of: transfer)
    }
  }

  private func tryAgain(_ job: HTTPJob, after delay: Duration) {
    delayed.append((MonotonicInstant.now.advanced(by: delay), job))
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
    for transfer in running {
      curl_multi_remove_handle(multi.raw, transfer.handle.raw)
      transfer.handle.transfer = nil
    }
    running = []
    delayed = []
  }
}
