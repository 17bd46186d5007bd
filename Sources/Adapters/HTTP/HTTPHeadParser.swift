import AdapterCore

/// Puts the head of a response together from its lines, as libcurl gives them: an interim response
/// (1xx) comes before the one that counts, trailers behind its content are left out.
struct HTTPHeadParser {
  private(set) var head: HTTPResponseHead?
  /// Bytes of all lines.
  private(set) var byteCount = 0
  private var isComplete = false

  mutating func take(_ line: BorrowedBytes) {
    byteCount += line.count
    var end = line.count
    while end > 0, line[end - 1] == 0x0D || line[end - 1] == 0x0A { end -= 1 }
    let text = UnsafeBufferPointer(rebasing: line[..<end])
    if Self.isStatusLine(text), head == nil || isComplete {
      head = Self.statusLine(text)
      isComplete = false
    } else if text.isEmpty {
      isComplete = true
      if let status = head?.status, (100..<200).contains(status) { head = nil }
    } else if !isComplete {
      takeField(text)
    }
  }

  private static func isStatusLine(_ line: BorrowedBytes) -> Bool {
    line.count > 5 && line[4] == UInt8(ascii: "/") && line.prefix(4).elementsEqual("HTTP".utf8)
  }

  /// RFC 9112, section 4: three digits.
  private static func statusLine(_ line: BorrowedBytes) -> HTTPResponseHead? {
    let version = line.dropFirst(5).prefix { $0 != 0x20 }
    let digits = line[version.endIndex...].drop { $0 == 0x20 }.prefix { $0 != 0x20 }
    guard digits.count == 3, digits.allSatisfy({ (0x30...0x39).contains($0) }),
      digits.first != 0x30
    else { return nil }
    return HTTPResponseHead(
      status: digits.reduce(0) { $0 * 10 + Int($1 - 0x30) },
      reason: String(decoding: line[digits.endIndex...].dropFirst(), as: UTF8.self),
      version: String(decoding: version, as: UTF8.self), headers: HTTPHeaders())
  }

  private mutating func takeField(_ line: BorrowedBytes) {
    if let first = line.first, Self.isBlank(first) {
      // Goes on with the field before it (RFC 9112, section 5.2).
      head?.headers.continueLast(Self.text(line, 0..<line.count))
      return
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return }
    let name = Self.text(line, 0..<colon)
    guard !name.isEmpty else { return }
    head?.headers.append(name, Self.text(line, colon + 1..<line.count))
  }

  /// Without blanks around it.
  private static func text(_ line: BorrowedBytes, _ range: Range<Int>) -> String {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, isBlank(line[start]) { start += 1 }
    while end > start, isBlank(line[end - 1]) { end -= 1 }
    return String(decoding: line[start..<end], as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
