import APIClient
import AdapterCore
import Platform

/// One request of a batch on its way, and the response that comes in.
final class BatchCall: HTTPResponseSink {
  let line: Int
  /// Its place in the order of results.
  let number: Int
  /// What the result is called, as JSON.
  let id: [UInt8]
  /// Of the line, for the state.
  let hash: UInt64
  /// Whether the state says that it was begun.
  var isNoted = false
  private(set) var content: [UInt8] = []
  private let start = MonotonicInstant.now

  init(line: Int, number: Int, id: [UInt8], hash: UInt64) {
    self.line = line
    self.number = number
    self.id = id
    self.hash = hash
  }

  var elapsed: Duration { MonotonicInstant.now.since(start) }

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) {
    content.removeAll(keepingCapacity: true)
  }

  func write(_ bytes: BorrowedBytes) { content.append(contentsOf: bytes) }
}
