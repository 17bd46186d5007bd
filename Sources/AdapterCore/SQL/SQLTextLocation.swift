extension SQLText {
  /// The place of a byte within the text: its position in the source, and the line with a marker
  /// below it, for a person to see.
  public func locate(byteOffset: Int) -> (position: SourcePosition, excerpt: [String]) {
    let bytes = Array(text.utf8)
    let offset = min(max(byteOffset, 0), bytes.count)
    let lineStart = (bytes[..<offset].lastIndex(of: 0x0A) ?? -1) + 1
    let lineEnd = bytes[offset...].firstIndex(of: 0x0A) ?? bytes.count
    let before = String(decoding: bytes[lineStart..<offset], as: UTF8.self)
    let linesBefore = bytes[..<lineStart].count { $0 == 0x0A }
    var column = before.count + 1
    // Only the first line is indented by where the statement begins in its source.
    if linesBefore == 0 { column += (position.column ?? 1) - 1 }
    let place = SourcePosition(
      file: position.file, line: position.line + linesBefore, column: column)
    return (place, excerpt(String(decoding: bytes[lineStart..<lineEnd], as: UTF8.self), before))
  }

  /// At most 80 characters of the line, around the marker.
  private func excerpt(_ line: String, _ before: String) -> [String] {
    let window = 80
    let start = max(0, before.count - window / 2)
    let shown = line.dropFirst(start).prefix(window).map { $0 == "\t" ? " " : $0 }
    let marker = String(repeating: " ", count: before.count - start) + "^"
    return ["  " + String(shown), "  " + marker]
  }
}
