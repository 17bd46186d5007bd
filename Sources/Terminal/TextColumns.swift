import Platform

/// Text cut and filled to columns of a terminal.
enum TextColumns {
  /// The text in at most `columns`, its end replaced by `ellipsis` when it is longer.
  static func truncate(_ text: String, to columns: Int, ellipsis: String) -> String {
    guard DisplayWidth.of(text) > columns else { return text }
    let room = columns - DisplayWidth.of(ellipsis)
    guard room >= 0 else { return "" }
    var text = text
    let kept = text.withUTF8 { bytes in
      let count = DisplayWidth.prefix(of: bytes, columns: room).byteCount
      return String(decoding: bytes[..<count], as: UTF8.self)
    }
    return kept + ellipsis
  }

  static func padRight(_ text: String, to columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - DisplayWidth.of(text)))
  }

  static func padLeft(_ text: String, to columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - DisplayWidth.of(text))) + text
  }
}
