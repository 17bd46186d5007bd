/// Changes single keys of a TOML text and leaves everything else, comments and order included, as it
/// is. The result is parsed again: a change that would touch any other key is refused.
struct TOMLEditor {
  private(set) var bytes: [UInt8]
  private let file: String
  private var document: TOMLDocument

  /// Throws `config` when the text is no TOML.
  init(_ bytes: [UInt8], file: String) throws(AdapterError) {
    self.bytes = bytes
    self.file = file
    document = try TOMLDocument(bytes, file: file)
  }

  /// Gives the key a value, in the place of its old one or at the end of its table.
  mutating func set(_ path: [String], to value: TOMLValue) throws(AdapterError) {
    let edited: [UInt8]
    if let entry = entry(path) {
      guard entry.kind != .table && entry.kind != .inlineTable else { throw tooIntricate(path) }
      edited = replacing(offset(entry.valueBegin)..<offset(entry.valueEnd), with: value.text)
    } else if let sibling = lastEntry(in: Array(path.dropLast())) {
      edited = inserting(path, value, behind: sibling)
    } else {
      edited = inserting(path, value)
    }
    try accept(edited, changing: path, to: value.plain)
  }

  /// Removes the key with its line; false when it is not there.
  mutating func remove(_ path: [String]) throws(AdapterError) -> Bool {
    guard let entry = entry(path) else { return false }
    guard entry.kind != .table && entry.kind != .inlineTable else { throw tooIntricate(path) }
    let lines = lineStart(entry.keyPlace.line)..<lineEnd(entry.valueEnd.line)
    try accept(replacing(lines, with: ""), changing: path, to: nil)
    return true
  }

  // MARK: - Insertion

  /// On a line of its own behind another key of the same table, written the way that one is: what
  /// stands before the last part of its key (`  pragma.`) is repeated.
  private func inserting(
    _ path: [String], _ value: TOMLValue, behind sibling: TOMLDocument.Entry
  ) -> [UInt8] {
    let prefix = bytes[lineStart(sibling.keyPlace.line)..<offset(sibling.keyPlace)]
    let line = String(decoding: prefix, as: UTF8.self) + assignment(path, value)
    return insertingLine(line, at: lineEnd(sibling.valueEnd.line))
  }

  /// Into a table without keys of its own: below its header, or with a new header at the end.
  private func inserting(_ path: [String], _ value: TOMLValue) -> [UInt8] {
    let table = Array(path.dropLast())
    let line = assignment(path, value)
    if table.isEmpty {
      // Keys of the root stand before the first header, and before the comment above that.
      guard let header = document.entries.first else { return insertingLine(line, at: bytes.count) }
      let start = startOfComment(above: header.keyPlace.line)
      return insertingLine(line + "\n", at: start)
    }
    if let header = entry(table), isHeader(of: table, line: header.keyPlace.line) {
      return insertingLine(line, at: lineEnd(header.keyPlace.line))
    }
    let header = "[" + table.map(TOMLValue.key).joined(separator: ".") + "]"
    let gap = bytes.isEmpty ? "" : "\n"
    return insertingLine(gap + header + "\n" + line, at: bytes.count)
  }

  private func assignment(_ path: [String], _ value: TOMLValue) -> String {
    "\(TOMLValue.key(path.last ?? "")) = \(value.text)"
  }

  private func insertingLine(_ line: String, at offset: Int) -> [UInt8] {
    let needsBreak = offset > 0 && bytes[offset - 1] != UInt8(ascii: "\n")
    return replacing(offset..<offset, with: (needsBreak ? "\n" : "") + line + "\n")
  }

  private func replacing(_ range: Range<Int>, with text: String) -> [UInt8] {
    var edited = bytes
    edited.replaceSubrange(range, with: text.utf8)
    return edited
  }

  /// Whether the line is the header of this very table, not of one inside it.
  private func isHeader(of table: [String], line: Int) -> Bool {
    let text = Array(bytes[lineStart(line)..<lineEnd(line)])
    guard let header = try? TOMLDocument(text, file: file) else { return false }
    return header.entries.map(\.path).max { $0.count < $1.count } == table
  }

  private func startOfComment(above line: Int) -> Int {
    var first = line
    while first > 1, bytes[lineStart(first - 1)] == UInt8(ascii: "#") { first -= 1 }
    return lineStart(first)
  }

  // MARK: - Looking up

  private func entry(_ path: [String]) -> TOMLDocument.Entry? {
    document.entries.first { $0.path == path }
  }

  /// The last key that stands on a line of the table itself.
  private func lastEntry(in table: [String]) -> TOMLDocument.Entry? {
    document.entries.last { entry in
      entry.path.count == table.count + 1 && entry.path.starts(with: table) && entry.kind != .table
    }
  }

  /// The offset of a line's first byte; lines count from 1.
  private func lineStart(_ line: Int) -> Int {
    var start = 0
    for _ in 1..<line {
      guard let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) else { return bytes.count }
      start = end + 1
    }
    return start
  }

  /// The offset behind a line's line feed.
  private func lineEnd(_ line: Int) -> Int { lineStart(line + 1) }

  /// The offset of a place, whose column counts characters.
  private func offset(_ place: TOMLDocument.Place) -> Int {
    var offset = lineStart(place.line)
    for _ in 1..<place.column where offset < bytes.count {
      offset += 1
      // Continuation bytes of UTF-8 belong to the character before.
      while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
    }
    return offset
  }

  // MARK: - Checking

  /// Takes the edited text if it differs in this one key only; nil: the key is gone.
  private mutating func accept(
    _ edited: [UInt8], changing path: [String], to value: String?
  ) throws(AdapterError) {
    guard let result = try? TOMLDocument(edited, file: file) else { throw tooIntricate(path) }
    func others(_ document: TOMLDocument) -> [[String]: String] {
      var others: [[String]: String] = [:]
      for entry in document.entries where entry.path != path && !path.starts(with: entry.path) {
        others[entry.path] = "\(entry.kind):\(entry.value)"
      }
      return others
    }
    guard others(result) == others(document),
      result.entries.first(where: { $0.path == path })?.value == value
    else { throw tooIntricate(path) }
    bytes = edited
    document = result
  }

  private func tooIntricate(_ path: [String]) -> AdapterError {
    AdapterError(
      .config,
      "\(path.joined(separator: ".")) cannot be changed the way \(file) is written",
      hint: "change it with an editor")
  }
}
