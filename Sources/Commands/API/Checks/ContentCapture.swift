import AdapterCore
import Platform

/// Keeps a response's content while it goes on to where it goes.
final class ContentCapture: HTTPResponseSink {
  /// More is refused: it is in memory.
  private static let limit = 64 << 20

  private let next: (any HTTPResponseSink)?
  private let keepsContent: Bool
  private(set) var head: HTTPResponseHead?
  let content = OutputBuffer.inMemory()

  /// - Parameters:
  ///   - next: nil for none: the response is printed later, if at all.
  ///   - keepsContent: whether anything looks at it.
  init(before next: (any HTTPResponseSink)? = nil, keepsContent: Bool = true) {
    self.next = next
    self.keepsContent = keepsContent
  }

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) throws(AdapterError) {
    self.head = head
    try next?.begin(head, of: request)
  }

  func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    if keepsContent {
      guard content.byteCount + bytes.count <= Self.limit else {
        throw AdapterError(
          .data, "the content is larger than \(Self.limit >> 20) MiB, and all of it is looked at",
          hint: "expectations of status, header, time and size need none of it")
      }
      content.append(bytes)
    }
    try next?.write(bytes)
  }
}
