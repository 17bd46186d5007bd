/// What a person sees on a terminal: a grid of characters and a cursor, driven by the bytes a
/// program writes. It knows what nb may use: CR, LF, BS, cursor movements, erasing, the cursor's
/// visibility; colours are dropped. Anything else is kept in `unknown`, so that a test fails.
public struct Screen: Sendable {
  public private(set) var columns: Int
  public private(set) var rows: Int
  public private(set) var row = 0
  public private(set) var column = 0
  public private(set) var isCursorVisible = true
  /// DECAWM: whether a character beyond the last column goes to the next line, or in place of the last.
  public private(set) var wrapsLines = true
  /// Lines that have scrolled off the top.
  public private(set) var scrolledLines: [String] = []
  /// Sequences this model does not know.
  public private(set) var unknown: [String] = []
  private var grid: [[Character]]
  private var pending: [UInt8] = []

  public init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
    grid = Array(repeating: Self.blank(columns), count: rows)
  }

  private static func blank(_ columns: Int) -> [Character] {
    Array(repeating: " ", count: columns)
  }

  /// The visible lines without trailing spaces, and without empty lines at the end.
  public var lines: [String] {
    var result = grid.map(Self.trimmed)
    while result.last == "" { result.removeLast() }
    return result
  }

  /// What scrolled off and what is visible.
  public var text: String { (scrolledLines + lines).joined(separator: "\n") }

  private static func trimmed(_ row: [Character]) -> String {
    String(row.reversed().drop { $0 == " " }.reversed())
  }

  /// Changes the size as xterm does: lines are cut or widened, not broken anew.
  public mutating func resize(columns: Int, rows: Int) {
    grid = grid.prefix(rows).map {
      Array($0.prefix(columns)) + Self.blank(max(0, columns - $0.count))
    }
    while grid.count < rows { grid.append(Self.blank(columns)) }
    self.columns = columns
    self.rows = rows
    row = min(row, rows - 1)
    column = min(column, columns - 1)
  }

  /// Interprets what a program has written; a sequence may be continued by the next call.
  public mutating func write(_ bytes: [UInt8]) {
    pending += bytes
    while let first = pending.first {
      if first == 0x1B {
        guard interpretEscape() else { return }
      } else if first < 0x20 || first == 0x7F {
        control(first)
        pending.removeFirst()
      } else {
        let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard pending.count >= length else { return }
        put(Character(String(decoding: pending.prefix(length), as: UTF8.self)))
        pending.removeFirst(length)
      }
    }
  }

  private mutating func put(_ character: Character) {
    if column == columns {
      if wrapsLines {
        column = 0
        lineFeed()
      } else {
        column = columns - 1
      }
    }
    grid[row][column] = character
    column += 1
  }

  private mutating func control(_ byte: UInt8) {
    switch byte {
    case 0x0D: column = 0
    case 0x0A: lineFeed()
    case 0x08: column = max(0, column - 1)
    case 0x07: break
    default: unknown.append("byte \(byte)")
    }
  }

  private mutating func lineFeed() {
    guard row == rows - 1 else {
      row += 1
      return
    }
    scrolledLines.append(Self.trimmed(grid.removeFirst()))
    grid.append(Self.blank(columns))
  }

  /// Interprets the sequence at the front; false when it is not yet complete.
  private mutating func interpretEscape() -> Bool {
    guard pending.count >= 2 else { return false }
    guard pending[1] == UInt8(ascii: "[") else {
      unknown.append("ESC \(pending[1])")
      pending.removeFirst(2)
      return true
    }
    guard let end = pending.dropFirst(2).firstIndex(where: { (0x40...0x7E).contains($0) }) else {
      return false
    }
    let parameters = String(decoding: pending[2..<end], as: UTF8.self)
    let final = Character(UnicodeScalar(pending[end]))
    pending.removeFirst(end + 1)
    perform(final, parameters)
    return true
  }

  private mutating func perform(_ final: Character, _ parameters: String) {
    let count = max(1, Int(parameters) ?? 1)
    switch (final, parameters) {
    case ("A", _): row = max(0, row - count)
    case ("B", _): row = min(rows - 1, row + count)
    case ("C", _): column = min(columns - 1, column + count)
    case ("D", _): column = max(0, column - count)
    case ("G", _): column = min(columns - 1, count - 1)
    case ("K", ""), ("K", "0"): eraseLine()
    case ("J", ""), ("J", "0"):
      eraseLine()
      for below in (row + 1)..<max(rows, row + 1) { grid[below] = Self.blank(columns) }
    case ("h", "?25"): isCursorVisible = true
    case ("l", "?25"): isCursorVisible = false
    case ("h", "?7"): wrapsLines = true
    case ("l", "?7"): wrapsLines = false
    case ("m", _): break
    default: unknown.append("CSI \(parameters)\(final)")
    }
  }

  private mutating func eraseLine() {
    for index in min(column, columns)..<columns { grid[row][index] = " " }
  }
}
