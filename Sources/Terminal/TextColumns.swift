/// Text measured in columns of a terminal.
enum TextColumns {
  static func width(of text: String) -> Int { text.unicodeScalars.count }

  /// The text in at most `columns`, its end replaced by `ellipsis` when it is longer.
  static func truncate(_ text: String, to columns: Int, ellipsis: String) -> String {
    guard width(of: text) > columns else { return text }
    let room = columns - width(of: ellipsis)
    guard room >= 0 else { return "" }
    var result = ""
    result.unicodeScalars.append(contentsOf: text.unicodeScalars.prefix(room))
    return result + ellipsis
  }

  static func padRight(_ text: String, to columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - width(of: text)))
  }

  static func padLeft(_ text: String, to columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - width(of: text))) + text
  }
}
