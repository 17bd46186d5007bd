import AdapterCore

/// Reads a migration's text: dbmate's `-- migrate:up` and `-- migrate:down` sections, goose's
/// `-- +goose` annotations, or, in a file of a pair, plain SQL.
struct MigrationParser {
  private enum Style {
    case dbmate, goose
  }

  private let file: String
  private let role: MigrationFileName.Role
  private var style: Style?
  private var current: MigrationDirection?
  private var sections: [MigrationDirection: MigrationSection] = [:]
  /// The lines of the fragment being read.
  private var lines: [Substring] = []
  private var firstLine = 1
  /// The line of the open `StatementBegin`.
  private var blockLine: Int?
  /// goose's `NO TRANSACTION` is for the whole file.
  private var isWithoutTransaction = false

  /// The sections of a text that `normalize` made. Throws `data` with file and line for a
  /// malformed one.
  static func parse(
    _ text: String, file: String, role: MigrationFileName.Role
  ) throws(AdapterError) -> (up: MigrationSection?, down: MigrationSection?) {
    var parser = MigrationParser(file: file, role: role)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      try parser.take(line, number: index + 1)
    }
    return try parser.finish()
  }

  /// The text without a byte order mark, with LF line ends and without white space at its end, so
  /// that what editors and git do to a file changes no checksum. Throws `data` for invalid UTF-8.
  static func normalize(_ bytes: [UInt8], file: String) throws(AdapterError) -> String {
    var bytes = bytes[...]
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    var normalized: [UInt8] = []
    normalized.reserveCapacity(bytes.count)
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        while normalized.last == UInt8(ascii: "\r") { normalized.removeLast() }
      }
      normalized.append(byte)
    }
    while let last = normalized.last, [0x20, 0x09, 0x0A, 0x0D].contains(last) {
      normalized.removeLast()
    }
    guard let text = String(validating: normalized, as: UTF8.self) else {
      throw AdapterError(
        .data, "\(file) is not valid UTF-8", hint: "convert it, for example with iconv")
    }
    return text
  }

  /// The texts of a pair as one with both sections, as the history keeps them.
  static func join(up: String, down: String?) -> String {
    // A file of a pair may have its marker, with an option, already.
    let parts = [(MigrationDirection.up, up as String?), (.down, down)].compactMap { part in
      part.1.map { hasMarker($0) ? $0 : "-- migrate:\(part.0.rawValue)\n" + $0 }
    }
    return parts.joined(separator: "\n")
  }

  private static func hasMarker(_ text: String) -> Bool {
    text.split(separator: "\n").contains { commentWords($0)?.first?.hasPrefix("migrate:") ?? false }
  }

  /// The words of a line that is a comment; nil for any other line.
  private static func commentWords(_ line: Substring) -> [Substring]? {
    let comment = line.drop { $0 == " " || $0 == "\t" }
    guard comment.hasPrefix("--") else { return nil }
    return comment.dropFirst(2).split { $0 == " " || $0 == "\t" }
  }

  private init(file: String, role: MigrationFileName.Role) {
    self.file = file
    self.role = role
    switch role {
    case .single: break
    case .up: open(.up)
    case .down: open(.down)
    }
  }

  // MARK: Lines

  private mutating func take(_ line: Substring, number: Int) throws(AdapterError) {
    guard let words = Self.commentWords(line), let first = words.first else {
      return keep(line, number)
    }
    if first.hasPrefix("migrate:") {
      try takeDbmate(first.dropFirst("migrate:".count), Array(words.dropFirst()), number)
    } else if first == "+goose" {
      let command = words.dropFirst().map { $0.lowercased() }.joined(separator: " ")
      try takeGoose(command, number)
    } else {
      keep(line, number)
    }
  }

  private mutating func keep(_ line: Substring, _ number: Int) {
    if lines.isEmpty { firstLine = number }
    lines.append(line)
  }

  private mutating func takeDbmate(
    _ word: Substring, _ options: [Substring], _ number: Int
  ) throws(AdapterError) {
    try setStyle(.dbmate, number)
    guard let direction = MigrationDirection(rawValue: String(word)) else {
      throw malformed(
        "there is no '-- migrate:\(word)'", number, hint: "write -- migrate:up or -- migrate:down")
    }
    try begin(direction, number)
    for option in options {
      switch option {
      case "transaction:false": sections[direction]?.isTransactional = false
      case "transaction:true": sections[direction]?.isTransactional = true
      default:
        throw malformed(
          "unknown option '\(option)'", number, hint: "the only option is transaction:false")
      }
    }
  }

  private mutating func takeGoose(_ command: String, _ number: Int) throws(AdapterError) {
    try setStyle(.goose, number)
    guard role == .single else {
      throw malformed(
        "goose's annotations do not go with a file of a pair", number,
        hint: "take the annotation out, or put both directions into one file")
    }
    switch command {
    case "up": try begin(.up, number)
    case "down": try begin(.down, number)
    case "statementbegin":
      guard current != nil, blockLine == nil else {
        throw malformed("StatementBegin must stand in a section and outside another", number)
      }
      try closeFragment()
      blockLine = number
    case "statementend":
      guard blockLine != nil else {
        throw malformed("StatementEnd without StatementBegin", number)
      }
      try closeFragment()
      blockLine = nil
    case "no transaction": isWithoutTransaction = true
    case "envsub off": break
    case "envsub on":
      throw malformed(
        "ENVSUB is not supported: a migration must be the same wherever it runs", number,
        hint: "write the values into the file")
    default:
      throw malformed(
        "unknown annotation '+goose \(command)'", number,
        hint: "known: Up, Down, StatementBegin, StatementEnd, NO TRANSACTION")
    }
  }

  // MARK: Sections

  private mutating func setStyle(_ new: Style, _ number: Int) throws(AdapterError) {
    guard style == nil || style == new else {
      throw malformed("'-- migrate:' and '-- +goose' in one file", number)
    }
    style = new
  }

  private mutating func begin(
    _ direction: MigrationDirection, _ number: Int
  ) throws(AdapterError) {
    if role != .single {
      // A file of a pair is one section already; a marker on its top only carries options.
      guard current == direction, style == .dbmate, isBlank else {
        throw malformed("a file of a pair holds one direction only", number)
      }
      lines = []
      return
    }
    if let blockLine { throw malformed("StatementBegin without StatementEnd", blockLine) }
    guard sections[direction] == nil else {
      throw malformed("a second section for \(direction.rawValue)", number)
    }
    guard direction == .down || sections[.down] == nil else {
      throw malformed("the section for up must stand before the one for down", number)
    }
    try closeFragment()
    open(direction)
  }

  private mutating func open(_ direction: MigrationDirection) {
    sections[direction] = MigrationSection(file: file)
    current = direction
  }

  /// Whether the lines so far hold no statement.
  private var isBlank: Bool {
    let text = lines.joined(separator: "\n")
    return (try? StatementSplitter.split(text, dialect: .sqlite))?.isEmpty ?? false
  }

  private mutating func closeFragment() throws(AdapterError) {
    defer { lines = [] }
    guard let current else {
      if isBlank { return }
      throw malformed(
        "SQL before the first section", firstLine, hint: "put it below -- migrate:up")
    }
    guard !lines.isEmpty else { return }
    sections[current]?.fragments.append(
      MigrationSection.Fragment(
        text: lines.joined(separator: "\n"), line: firstLine, isBlock: blockLine != nil))
  }

  private mutating func finish() throws(AdapterError) -> (
    up: MigrationSection?, down: MigrationSection?
  ) {
    if let blockLine { throw malformed("StatementBegin without StatementEnd", blockLine) }
    guard current != nil else {
      throw malformed(
        "no '-- migrate:up' line", 1,
        hint: "begin with -- migrate:up, or name the file VERSION_NAME.up.sql")
    }
    try closeFragment()
    if role == .single && sections[.up] == nil {
      throw malformed("no section for up", 1, hint: "begin with -- migrate:up")
    }
    if isWithoutTransaction {
      sections[.up]?.isTransactional = false
      sections[.down]?.isTransactional = false
    }
    return (sections[.up], sections[.down])
  }

  private func malformed(_ message: String, _ line: Int, hint: String? = nil) -> AdapterError {
    AdapterError(.data, message, position: SourcePosition(file: file, line: line), hint: hint)
  }
}
