import Platform

/// Puts results back into the order of their requests. What waits for an earlier one is bounded: no
/// further request is sent while there is too much of it.
struct BatchOrder {
  private static let maximumBytes = 32 << 20

  private let window: Int
  /// By the number of their request, from `first`; nil for one that is not there yet.
  private var waiting: [[UInt8]?] = []
  private var first = 1
  private var next = 1
  private var byteCount = 0

  init(jobs: Int) { window = max(jobs * 8, 1000) }

  /// Whether another request may be sent.
  var hasRoom: Bool { next - first < window && byteCount < Self.maximumBytes }

  /// The number of the next request.
  mutating func number() -> Int {
    defer { next += 1 }
    waiting.append(nil)
    return next
  }

  /// Takes a result, and gives out those whose turn it is.
  mutating func take(_ result: [UInt8], _ number: Int, into output: OutputBuffer) {
    waiting[number - first] = result
    byteCount += result.count
    let ready = waiting.prefix { $0 != nil }
    for case let result? in ready {
      result.withUnsafeBufferPointer { output.append($0) }
      byteCount -= result.count
    }
    first += ready.count
    waiting.removeFirst(ready.count)
  }
}
