import AdapterCore
import Platform

/// Takes a response into memory.
final class HTTPCollector: HTTPResponseSink {
  private(set) var heads: [HTTPResponseHead] = []
  private(set) var content: [UInt8] = []
  private(set) var byteCount = 0
  /// When pieces of the content came.
  private(set) var instants: [MonotonicInstant] = []
  private let keepsContent: Bool

  init(keepsContent: Bool = true) { self.keepsContent = keepsContent }

  var text: String { String(decoding: content, as: UTF8.self) }

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) { heads.append(head) }

  func write(_ bytes: BorrowedBytes) {
    byteCount += bytes.count
    instants.append(.now)
    if keepsContent { content += bytes }
  }
}

/// Gives out exchanges and keeps what comes of them.
final class HTTPQueue: HTTPExchangeSource {
  private var waiting: [HTTPExchange]
  private(set) var results: [(exchange: HTTPExchange, result: Result<HTTPResult, AdapterError>)] =
    []
  private(set) var mostAtOnce = 0
  private var running = 0
  /// Called before each exchange; what it returns is returned in its place.
  var beforeNext: () throws(AdapterError) -> HTTPNextExchange? = { () throws(AdapterError) in nil }
  var whenCompleted: () throws(AdapterError) -> Void = { () throws(AdapterError) in }

  init(_ exchanges: [HTTPExchange]) { waiting = exchanges.reversed() }

  func next() throws(AdapterError) -> HTTPNextExchange {
    if let other = try beforeNext() { return other }
    guard let exchange = waiting.popLast() else { return .end }
    running += 1
    mostAtOnce = max(mostAtOnce, running)
    return .exchange(exchange)
  }

  func clientWaits() {}

  func completed(
    _ exchange: HTTPExchange, _ result: Result<HTTPResult, AdapterError>
  ) throws(AdapterError) {
    running -= 1
    results.append((exchange, result))
    try whenCompleted()
  }

  var failures: [AdapterError] {
    results.compactMap { if case .failure(let error) = $0.result { error } else { nil } }
  }
}

/// Content that is made while it is sent.
final class HTTPGeneratedBody: HTTPBody {
  let byteCount: Int?
  let isRepeatable: Bool
  private let total: Int
  private var position = 0
  private(set) var rewinds = 0

  init(_ total: Int, isAnnounced: Bool = true, isRepeatable: Bool = true) {
    self.total = total
    byteCount = isAnnounced ? total : nil
    self.isRepeatable = isRepeatable
  }

  static func byte(at offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: offset &* 31) }

  func rewind() {
    rewinds += 1
    position = 0
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let count = min(buffer.count, total - position)
    for offset in 0..<count { buffer[offset] = Self.byte(at: position + offset) }
    position += count
    return count
  }
}
