extension SQLText {
  /// The place of a byte within the text: its position in the source, and the line with a marker
  /// below it, for a person to see.
  public func locate(byteOffset: Int) -> (position: SourcePosition, excerpt: [String]) {
    let bytes = Array(text.utf8)
    let offset = min(max(byteOffset, 0), bytes.count)
    let lineStart = (bytes[..<offset].lastIndex(of: 0x0A) ?? -1) + 1
    let before = String(decoding: bytes[lineStart..<offset], as: UTF8.self)
    let linesBefore = bytes[..<lineStart].count { $0 == 0x0A }
    var column = before.count + 1
    // Only the first line is indented by where the statement begins in its source.
    if linesBefore == 0 { column += (position.column ?? 1) - 1 }
    let place = SourcePosition(
      file: position.file, line: position.line + linesBefore, column: column)
    let excerpt = bytes.withUnsafeBufferPointer { TextExcerpt.lines($0, marking: offset) }
    return (place, excerpt)
  }
}
