import AdapterCore
import JSON

/// The content of JSON strings, which are borrowed with their quotes and known to be valid.
enum JSONText {
  /// Lends the content, its escapes resolved.
  static func withContent<Result>(
    of string: BorrowedBytes, _ body: (BorrowedBytes) -> Result
  ) -> Result {
    let content = UnsafeBufferPointer(rebasing: string[1..<string.count - 1])
    guard content.contains(UInt8(ascii: "\\")) else { return body(content) }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: content.count) { buffer in
      guard let base = buffer.baseAddress else { return body(content) }
      let count = JSONScanner.unescape(content, into: base)
      return body(UnsafeBufferPointer(start: base, count: count))
    }
  }

  static func isEqual(_ string: BorrowedBytes, to text: String) -> Bool {
    var text = text
    return text.withUTF8 { wanted in
      let content = UnsafeBufferPointer(rebasing: string[1..<string.count - 1])
      // Most strings have no escapes, and most differ in length.
      if content.count == wanted.count, content.elementsEqual(wanted) {
        return !content.contains(UInt8(ascii: "\\"))
      }
      guard content.count > wanted.count, content.contains(UInt8(ascii: "\\")) else { return false }
      return withContent(of: string) { $0.elementsEqual(wanted) }
    }
  }

  /// Below 0, 0 or above 0; by code points.
  static func compare(_ string: BorrowedBytes, with text: String) -> Int {
    var text = text
    return text.withUTF8 { wanted in
      withContent(of: string) { content in
        for index in 0..<min(content.count, wanted.count) where content[index] != wanted[index] {
          return content[index] < wanted[index] ? -1 : 1
        }
        return content.count - wanted.count
      }
    }
  }
}
