import Glibc

/// A line that divides a migration's text: `-- migrate:up` or `-- +goose Up`.
struct MigrationMarker {
  /// `migrate:up` or `+goose`, and what follows it.
  let words: [Substring]
  /// The line's place in the text's UTF-8, without its end.
  let range: Range<Int>
  /// Counted from 1.
  let line: Int

  /// The markers of a text.
  static func find(in text: String) -> [MigrationMarker] {
    var markers: [MigrationMarker] = []
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      var line = 1
      while start < bytes.count {
        let end = self.end(of: start, bytes)
        if let marker = read(bytes, start..<end, line) { markers.append(marker) }
        start = end + 1
        line += 1
      }
    }
    return markers
  }

  /// Whether a text has a marker of dbmate's.
  static func isDbmate(in text: String) -> Bool { find(in: text).contains(where: \.isDbmate) }

  var isDbmate: Bool { words.first?.hasPrefix("migrate:") ?? false }

  /// The offset of the line feed that ends the line, or of the text's end.
  private static func end(of start: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    guard let base = bytes.baseAddress, let found = memchr(base + start, 0x0A, bytes.count - start)
    else { return bytes.count }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  /// nil for any other line.
  private static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ line: Int
  ) -> MigrationMarker? {
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
    guard let dash = bytes[range].firstIndex(where: { !isBlank($0) }),
      bytes[dash] == UInt8(ascii: "-"), bytes[dash..<range.upperBound].starts(with: "--".utf8)
    else { return nil }
    let comment = String(decoding: bytes[(dash + 2)..<range.upperBound], as: UTF8.self)
    let words = comment.split { $0 == " " || $0 == "\t" }
    guard let first = words.first, first.hasPrefix("migrate:") || first == "+goose" else {
      return nil
    }
    return MigrationMarker(words: words, range: range, line: line)
  }
}
