import Platform

/// A line of a text with a marker below one of its characters, for a person to see.
public enum TextExcerpt {
  /// Two indented lines: at most 80 characters of the line around the byte, and `^` under it.
  public static func lines(_ bytes: BorrowedBytes, marking byteOffset: Int) -> [String] {
    let offset = min(max(byteOffset, 0), bytes.count)
    // Nothing further away is shown, so that a line of a gigabyte is not looked through.
    let from = max(0, offset - 400)
    let to = min(bytes.count, offset + 400)
    let lineStart = (bytes[from..<offset].lastIndex(of: 0x0A) ?? from - 1) + 1
    let lineEnd = bytes[offset..<to].firstIndex(of: 0x0A) ?? to
    let before = String(decoding: bytes[lineStart..<offset], as: UTF8.self)
    let line = String(decoding: bytes[lineStart..<lineEnd], as: UTF8.self)
    let window = 80
    let start = max(0, before.count - window / 2)
    let shown = line.dropFirst(start).prefix(window).map { $0 == "\t" || $0 == "\r" ? " " : $0 }
    let marker = String(repeating: " ", count: before.count - start) + "^"
    return ["  " + String(shown), "  " + marker]
  }
}
