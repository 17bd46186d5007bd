import AdapterCore

/// Reads a migration's text: dbmate's `-- migrate:up` and `-- migrate:down` sections, goose's
/// `-- +goose` annotations, or, in a file of a pair, plain SQL.
struct MigrationParser {
  private enum Style {
    case dbmate, goose
  }

  private let file: String
  private let role: MigrationFileName.Role
  private let text: String
  private var style: Style?
  private var current: MigrationDirection?
  private var sections: [MigrationDirection: MigrationSection] = [:]
  /// Where the fragment being read begins in the text's UTF-8, and its line.
  private var fragmentStart = 0
  private var firstLine = 1
  /// The line of the open `StatementBegin`.
  private var blockLine: Int?
  /// goose's `NO TRANSACTION` is for the whole file.
  private var isWithoutTransaction = false

  /// The sections of a text that `MigrationText` made. Throws `data` with file and line for a
  /// malformed one.
  static func parse(
    _ text: String, file: String, role: MigrationFileName.Role
  ) throws(AdapterError) -> (up: MigrationSection?, down: MigrationSection?) {
    var parser = MigrationParser(text, file: file, role: role)
    for marker in MigrationMarker.find(in: text) { try parser.take(marker) }
    return try parser.finish()
  }

  private init(_ text: String, file: String, role: MigrationFileName.Role) {
    self.text = text
    self.file = file
    self.role = role
    switch role {
    case .single: break
    case .up: open(.up)
    case .down: open(.down)
    }
  }

  // MARK: Markers

  private mutating func take(_ marker: MigrationMarker) throws(AdapterError) {
    let (first, rest) = (marker.words[0], marker.words.dropFirst())
    if marker.isDbmate {
      try takeDbmate(first.dropFirst("migrate:".count), Array(rest), marker)
    } else {
      try takeGoose(rest.map { $0.lowercased() }.joined(separator: " "), marker)
    }
  }

  private mutating func takeDbmate(
    _ word: Substring, _ options: [Substring], _ marker: MigrationMarker
  ) throws(AdapterError) {
    let number = marker.line
    try setStyle(.dbmate, number)
    guard let direction = MigrationDirection(rawValue: String(word)) else {
      throw malformed(
        "there is no '-- migrate:\(word)'", number, hint: "write -- migrate:up or -- migrate:down")
    }
    try begin(direction, marker)
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

  private mutating func takeGoose(
    _ command: String, _ marker: MigrationMarker
  ) throws(AdapterError) {
    let number = marker.line
    try setStyle(.goose, number)
    guard role == .single else {
      throw malformed(
        "goose's annotations do not go with a file of a pair", number,
        hint: "take the annotation out, or put both directions into one file")
    }
    switch command {
    case "up": try begin(.up, marker)
    case "down": try begin(.down, marker)
    case "statementbegin":
      guard current != nil, blockLine == nil else {
        throw malformed("StatementBegin must stand in a section and outside another", number)
      }
      try closeFragment(at: marker)
      blockLine = number
    case "statementend":
      guard blockLine != nil else {
        throw malformed("StatementEnd without StatementBegin", number)
      }
      try closeFragment(at: marker)
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
    _ direction: MigrationDirection, _ marker: MigrationMarker
  ) throws(AdapterError) {
    let number = marker.line
    if role != .single {
      // A file of a pair is one section already; a marker on its top only carries options.
      guard current == direction, style == .dbmate, isBlank(upTo: marker.range.lowerBound) else {
        throw malformed("a file of a pair holds one direction only", number)
      }
      return startFragment(behind: marker)
    }
    if let blockLine { throw malformed("StatementBegin without StatementEnd", blockLine) }
    guard sections[direction] == nil else {
      throw malformed("a second section for \(direction.rawValue)", number)
    }
    guard direction == .down || sections[.down] == nil else {
      throw malformed("the section for up must stand before the one for down", number)
    }
    try closeFragment(at: marker)
    open(direction)
  }

  private mutating func open(_ direction: MigrationDirection) {
    sections[direction] = MigrationSection(file: file, text: text)
    current = direction
  }

  // MARK: Fragments

  /// Whether there is no statement from the fragment's beginning to `end`.
  private func isBlank(upTo end: Int) -> Bool {
    var isBlank = true
    do throws(AdapterError) {
      try StatementSplitter.forEach(
        in: text, part: fragmentStart..<max(fragmentStart, end), dialect: .sqlite
      ) { _, _, _ in isBlank = false }
    } catch {
      return false
    }
    return isBlank
  }

  private mutating func closeFragment(at marker: MigrationMarker) throws(AdapterError) {
    try closeFragment(at: marker.range.lowerBound)
    startFragment(behind: marker)
  }

  private mutating func startFragment(behind marker: MigrationMarker) {
    fragmentStart = min(marker.range.upperBound + 1, text.utf8.count)
    firstLine = marker.line + 1
  }

  private mutating func closeFragment(at offset: Int) throws(AdapterError) {
    guard let current else {
      if isBlank(upTo: offset) { return }
      throw malformed(
        "SQL before the first section", firstLine, hint: "put it below -- migrate:up")
    }
    // Without the line feed before the marker.
    let end = offset < text.utf8.count ? offset - 1 : offset
    guard fragmentStart < end else { return }
    sections[current]?.fragments.append(
      MigrationSection.Fragment(
        range: fragmentStart..<end, line: firstLine, isBlock: blockLine != nil))
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
    try closeFragment(at: text.utf8.count)
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
