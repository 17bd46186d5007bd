import AdapterCore
import JSON
import Platform

/// A response that has come to its end, with the content as far as it was kept.
public struct ObservedResponse {
  public var head: HTTPResponseHead
  public var time: Duration
  /// Of the content, decoded.
  public var byteCount: Int
  private let content: OutputBuffer
  /// Whether the content is one JSON document.
  private let isJSON: Bool

  /// - Parameter content: what was kept; it must not change any more.
  public init(_ result: HTTPResult, content: OutputBuffer) {
    head = result.head
    time = result.connection.timings.total
    byteCount = result.decodedBytes
    self.content = content
    isJSON = JSONParser.isValid(content.collected)
  }

  /// Lends the content as it is.
  func withContent<Result>(_ body: (BorrowedBytes) -> Result) -> Result {
    body(content.collected)
  }

  /// Lends the JSON document without whitespace around it; nil when the content is none.
  func withDocument<Result>(_ body: (BorrowedBytes?) -> Result) -> Result {
    let bytes = content.collected
    guard isJSON else { return body(nil) }
    let start = bytes.firstIndex { $0 > 0x20 } ?? 0
    let end = bytes.lastIndex { $0 > 0x20 } ?? -1
    return body(UnsafeBufferPointer(rebasing: bytes[start..<end + 1]))
  }

  var milliseconds: Double { Double(time.inNanoseconds) / 1e6 }

  var roundedMilliseconds: Int { Int(milliseconds.rounded()) }
}
