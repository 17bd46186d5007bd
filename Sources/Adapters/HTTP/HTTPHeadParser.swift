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
    let text = String(decoding: line[..<end], as: UTF8.self)
    if text.hasPrefix("HTTP/"), head == nil || isComplete {
      head = statusLine(text)
      isComplete = false
    } else if text.isEmpty {
      isComplete = true
      if let status = head?.status, (100..<200).contains(status) { head = nil }
    } else if !isComplete {
      takeField(text)
    }
  }

  /// RFC 9112, section 4.
  private func statusLine(_ text: String) -> HTTPResponseHead? {
    let words = text.split(separator: " ", maxSplits: 2)
    guard words.count >= 2, let status = Int(words[1]) else { return nil }
    return HTTPResponseHead(
      status: status, reason: words.count > 2 ? String(words[2]) : "",
      version: String(words[0].dropFirst(5)), headers: HTTPHeaders())
  }

  private mutating func takeField(_ text: String) {
    guard let colon = text.firstIndex(of: ":") else { return }
    head?.headers.append(
      String(text[..<colon]), HTTPHeaders.trimmed(text[text.index(after: colon)...]))
  }
}
