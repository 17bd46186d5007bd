import AdapterCore

/// Listens to one exchange: what is sent, what is received, and the content that counts.
final class HARTap: HTTPResponseSink, HTTPObserver {
  let exchange: HTTPExchange
  private let recorder: HARRecorder
  private(set) lazy var sent = makeSent()
  private var entry: HAREntry?

  init(_ exchange: HTTPExchange, _ recorder: HARRecorder) {
    self.exchange = exchange
    self.recorder = recorder
  }

  private func makeSent() -> HTTPExchange {
    let sent = exchange.relayed(exchange.request, into: self)
    sent.observer = self
    return sent
  }

  func finish(_ result: Result<HTTPResult, AdapterError>) {
    switch result {
    case .success(let success):
      // Of a cache's answer no connection is known that was its own.
      if entry?.cacheUse == nil { entry?.connection = success.connection }
      entry?.receivedBytes = success.receivedBytes
    case .failure(let error):
      if entry == nil { entry = HAREntry(exchange.request) }
      entry?.failure = error.message
    }
    close()
  }

  private func close() {
    if let entry { recorder.add(entry) }
    entry = nil
  }

  // MARK: Observing

  func sends(_ request: HTTPRequest, attempt: Int) {
    close()
    entry = HAREntry(request)
    exchange.observer?.sends(request, attempt: attempt)
  }

  func receives(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ connection: HTTPConnectionInfo
  ) {
    entry?.head = head
    entry?.connection = connection
    exchange.observer?.receives(head, for: request, connection)
  }

  func triesAgain(
    after error: AdapterError, in delay: Duration, retry number: Int, of limit: Int
  ) {
    if entry?.head == nil { entry?.failure = error.message }
    exchange.observer?.triesAgain(after: error, in: delay, retry: number, of: limit)
  }

  func takesFromCache(
    _ head: HTTPResponseHead, for request: HTTPRequest, _ use: HTTPCacheUse
  ) {
    close()
    entry = HAREntry(request)
    entry?.head = head
    entry?.cacheUse = use
    exchange.observer?.takesFromCache(head, for: request, use)
  }

  // MARK: The content

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) throws(AdapterError) {
    try exchange.sink.begin(head, of: request)
  }

  func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    entry?.content.append(bytes)
    try exchange.sink.write(bytes)
  }
}
