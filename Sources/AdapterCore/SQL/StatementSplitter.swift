/// Cuts a stream of SQL into its statements, one at a time, as bytes arrive.
///
/// Memory is bounded by the largest statement and the largest piece appended; every byte is scanned
/// once. White space and comments around a statement, its terminator, and statements that are
/// nothing else, are left out. Use:
///
///     splitter.append(bytes)                       // any number of times
///     while let statement = try splitter.next() {}  // after each append, and once after finish()
///     splitter.finish()
public struct StatementSplitter {
  private enum Step {
    case statement(Range<Int>, TextPosition)
    case needsInput
    case failed(AdapterError)
  }

  /// Where reading is in the data of a COPY.
  private enum Data {
    /// Still on the line that ends the statement.
    case restOfLine
    case lines(isAtStart: Bool)
  }

  /// A longer `DELIMITER` line is an error, so that looking ahead stays bounded.
  private static let longestDelimiterLine = 256

  private let file: String?
  /// Whether data of COPY and commands of psql's may stand between the statements.
  private let isScript: Bool
  private var data: Data?
  private var lexer: SQLLexer
  private var boundary: StatementBoundary
  private var buffer: [UInt8] = []
  /// Bytes before it are done with.
  private var head = 0
  /// The position of `buffer[head]`.
  private var position: TextPosition
  private var isFinished = false
  /// The current statement's first token, and the end of its last.
  private var first: Int?
  private var last = 0
  /// Where a comment began whose bytes are already dropped.
  private var droppedTokenPosition: TextPosition?
  private var isAtTextStart = true

  /// `file` and `line` stand in the positions of statements and errors.
  ///
  /// - Parameter isScript: whether it is a script as the engine's own client reads it, where data may
  ///   stand between the statements (`SQLDialect.hasCopyData`, `readData`).
  public init(
    dialect: SQLDialect, file: String? = nil, line: Int = 1, isScript: Bool = false
  ) {
    self.file = file
    self.isScript = isScript && dialect.hasCopyData
    lexer = SQLLexer(dialect: dialect)
    boundary = StatementBoundary(dialect: dialect)
    position = TextPosition(line: line)
  }

  /// The statements of a whole text.
  public static func split(
    _ text: String, dialect: SQLDialect, file: String? = nil, line: Int = 1
  ) throws(AdapterError) -> [SQLText] {
    var statements: [SQLText] = []
    try forEach(in: text, dialect: dialect, file: file, line: line) { bytes, _, position in
      statements.append(SQLText(String(decoding: bytes, as: UTF8.self), position: position))
    }
    return statements
  }

  /// Calls `body` with each statement of a text or a part of it, where it stands in the text's UTF-8,
  /// and its position. Nothing is copied.
  public static func forEach(
    in text: String, part: Range<Int>? = nil, dialect: SQLDialect, file: String? = nil,
    line: Int = 1, _ body: (BorrowedBytes, Range<Int>, SourcePosition) -> Void
  ) throws(AdapterError) {
    var splitter = StatementSplitter(dialect: dialect, file: file, line: line)
    splitter.finish()
    var text = text
    let failure: AdapterError? = text.withUTF8 { whole in
      let part = part ?? whole.indices
      let bytes = UnsafeBufferPointer(rebasing: whole[part])
      _ = splitter.skipByteOrderMark(in: bytes)
      while true {
        switch splitter.scan(bytes) {
        case .needsInput: return nil
        case .failed(let error): return error
        case .statement(let range, let start):
          body(
            UnsafeBufferPointer(rebasing: bytes[range]),
            range.lowerBound + part.lowerBound..<range.upperBound + part.lowerBound,
            start.inFile(file))
        }
      }
    }
    if let failure { throw failure }
  }

  /// Takes the next bytes of the text, which are copied; after `finish` or an error they are
  /// ignored.
  public mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard !isFinished else { return }
    // Moving only when that frees more than it moves keeps the whole linear.
    if head > 0 && head >= buffer.count - head { compact() }
    buffer.append(contentsOf: bytes)
  }

  /// Says that no more bytes come.
  public mutating func finish() { isFinished = true }

  /// The next statement with the position of its first token; nil when more bytes are needed, or
  /// after `finish` when there is none.
  ///
  /// Throws `failed` for a string, quoted identifier or comment that does not end, as a backend
  /// would, `data` for a malformed DELIMITER line and invalid UTF-8; after that there are no further
  /// statements.
  public mutating func next() throws(AdapterError) -> SQLText? {
    // A copy of the reference, not of the bytes: scanning changes other members meanwhile.
    let buffer = buffer
    guard buffer.withUnsafeBufferPointer({ skipByteOrderMark(in: $0) }) else { return nil }
    switch buffer.withUnsafeBufferPointer({ scan($0) }) {
    case .needsInput: return nil
    case .failed(let error):
      stop()
      throw error
    case .statement(let range, let start):
      let text = buffer.withUnsafeBufferPointer {
        String(validating: $0[range], as: UTF8.self)
      }
      if let text {
        let statement = SQLText(text, position: start.inFile(file))
        if isScript, statement.takesCopyData(lexer.dialect) { data = .restOfLine }
        return statement
      }
      stop()
      throw invalidUTF8(buffer[range], start)
    }
  }

  // MARK: Scanning

  private mutating func scan(_ bytes: BorrowedBytes) -> Step {
    while let token = lexer.next(in: bytes, isFinal: isFinished) {
      droppedTokenPosition = nil
      switch token.kind {
      case .space, .comment: continue
      case .word where lexer.dialect.hasDelimiterCommand && boundary.isAtStart:
        let word = UnsafeBufferPointer(rebasing: bytes[token.range])
        guard word.equals("delimiter") else { break }
        move(to: token.range.lowerBound, bytes)
        guard let step = takeDelimiterLine(token.range, bytes) else { continue }
        return step
      case .other
      where isScript && boundary.isAtStart && bytes[token.range.lowerBound] == UInt8(ascii: "\\"):
        move(to: token.range.lowerBound, bytes)
        guard let step = takeClientCommand(token.range, bytes) else { continue }
        return step
      default: break
      }
      if boundary.ends(with: token, in: bytes) {
        if let statement = takeStatement(upTo: token.range.upperBound, bytes) { return statement }
      } else {
        if first == nil { first = token.range.lowerBound }
        last = token.range.upperBound
      }
    }
    return isFinished ? takeLast(bytes) : keepOpenToken(bytes)
  }

  /// The statement before a terminator that ends at `end`; nil when there is none.
  private mutating func takeStatement(upTo end: Int, _ bytes: BorrowedBytes) -> Step? {
    guard let begin = first else {
      move(to: end, bytes)
      return nil
    }
    first = nil
    move(to: begin, bytes)
    let start = position
    move(to: end, bytes)
    return .statement(begin..<last, start)
  }

  private mutating func takeLast(_ bytes: BorrowedBytes) -> Step {
    guard let what = lexer.unterminated else {
      return takeStatement(upTo: bytes.count, bytes) ?? .needsInput
    }
    let begin = lexer.isWithinToken ? lexer.tokenStart : first ?? head
    var start = position
    start.advance(over: rebased(bytes, head..<max(head, begin)))
    return .failed(
      AdapterError(
        .failed, "unterminated \(what)", position: (droppedTokenPosition ?? start).inFile(file),
        hint: lexer.missingEnd, details: droppedTokenPosition == nil ? excerpt(begin, bytes) : []))
  }

  /// The line around a byte, with a marker below it.
  private func excerpt(_ offset: Int, _ bytes: BorrowedBytes) -> [String] {
    // As much of a long line as is shown.
    let begin = max(head, offset - 400)
    let around = bytes[begin..<min(bytes.count, offset + 400)]
    return SQLText(String(decoding: around, as: UTF8.self)).locate(byteOffset: offset - begin)
      .excerpt
  }

  /// Notes where reading goes on, and lets go of white space and comments before a statement.
  private mutating func keepOpenToken(_ bytes: BorrowedBytes) -> Step {
    guard first == nil else { return .needsInput }
    if lexer.isInTrivia {
      if droppedTokenPosition == nil {
        move(to: lexer.tokenStart, bytes)
        droppedTokenPosition = position
      }
      move(to: lexer.cursor, bytes)
    } else {
      move(to: lexer.isWithinToken ? lexer.tokenStart : lexer.cursor, bytes)
    }
    return .needsInput
  }

  /// Takes a `DELIMITER xx` line whose first word is `word`; nil when it was taken.
  private mutating func takeDelimiterLine(_ word: Range<Int>, _ bytes: BorrowedBytes) -> Step? {
    let rest = rebased(bytes, word.upperBound..<bytes.count).prefix(Self.longestDelimiterLine)
    let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
    guard newline != nil || isFinished || rest.count == Self.longestDelimiterLine else {
      lexer.skip(to: word.lowerBound)
      return .needsInput
    }
    let line = rest[..<(newline ?? rest.endIndex)]
    let isSpace = { (byte: UInt8) in byte <= 0x20 }
    let delimiter = line.drop(while: isSpace).prefix { !isSpace($0) }
    guard !delimiter.isEmpty, newline != nil || isFinished else {
      return .failed(
        AdapterError(
          .data, "DELIMITER must be followed by a delimiter on its line",
          position: position.inFile(file)))
    }
    lexer.setDelimiter(delimiter)
    lexer.skip(to: word.upperBound + line.count)
    return nil
  }

  /// Takes a line with a command of psql's, of which pg_dump writes two that nb needs not follow; nil
  /// when it was taken.
  private mutating func takeClientCommand(_ start: Range<Int>, _ bytes: BorrowedBytes) -> Step? {
    let rest = rebased(bytes, start.lowerBound..<bytes.count).prefix(Self.longestDelimiterLine)
    let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
    guard newline != nil || isFinished || rest.count == Self.longestDelimiterLine else {
      lexer.skip(to: start.lowerBound)
      return .needsInput
    }
    let line = rest[..<(newline ?? rest.endIndex)]
    let command = String(decoding: line.prefix { $0 > 0x20 }, as: UTF8.self)
    guard command == "\\restrict" || command == "\\unrestrict" else {
      return .failed(
        AdapterError(
          .data, "\(command) is a command of psql's, not SQL", position: position.inFile(file),
          hint: "take the line out of the file, or run the file by psql"))
    }
    lexer.skip(to: start.lowerBound + line.count)
    return nil
  }

  // MARK: Data

  /// Whether the statement that `next` gave last is followed by data, to be read by `readData`.
  public var isInData: Bool { data != nil }

  /// The line that the next byte of the data stands on.
  public var dataLine: Int {
    if case .restOfLine = data { return position.line + 1 }
    return position.line
  }

  /// Copies the next bytes of the data that follow a COPY, up to the line `\.`; 0 at their end, nil
  /// when more bytes are needed.
  ///
  /// Throws `data` when the text ends before them.
  public mutating func readData(
    into target: UnsafeMutableRawBufferPointer
  ) throws(AdapterError) -> Int? {
    guard let state = data else { return 0 }
    let buffer = buffer
    let step: Int? = buffer.withUnsafeBufferPointer { bytes in
      guard case .lines(let isAtStart) = state else { return skipRestOfLine(bytes) ? -1 : nil }
      return copyLines(bytes, isAtStart, into: target)
    }
    if let step { return step < 0 ? try readData(into: target) : step }
    guard isFinished else { return nil }
    stop()
    throw AdapterError(
      .data, "the data of COPY do not end", position: position.inFile(file),
      hint: "a line \\. ends them; the file may be cut short")
  }

  /// Goes to the line after the statement; false when its end is not there yet.
  private mutating func skipRestOfLine(_ bytes: BorrowedBytes) -> Bool {
    guard let newline = bytes[head...].firstIndex(of: UInt8(ascii: "\n")) else { return false }
    data = .lines(isAtStart: true)
    move(to: newline + 1, bytes)
    lexer.skip(to: newline + 1)
    return true
  }

  /// Copies whole lines and what is there of a line that may not end them; nil when there is nothing.
  private mutating func copyLines(
    _ bytes: BorrowedBytes, _ wasAtStart: Bool, into target: UnsafeMutableRawBufferPointer
  ) -> Int? {
    var isAtStart = wasAtStart
    var cursor = head
    let limit = head + min(bytes.count - head, target.count)
    while cursor < limit {
      if isAtStart, bytes[cursor] == UInt8(ascii: "\\") {
        guard let end = endOfData(at: cursor, bytes) else { break }
        if end > cursor {
          if cursor > head { break }
          data = nil
          move(to: end, bytes)
          lexer.skip(to: end)
          return 0
        }
      }
      let rest = bytes[cursor..<limit]
      let newline = rest.firstIndex(of: UInt8(ascii: "\n"))
      cursor = newline.map { $0 + 1 } ?? limit
      isAtStart = newline != nil
    }
    guard cursor > head, let base = bytes.baseAddress else { return nil }
    let count = cursor - head
    target.copyMemory(from: UnsafeRawBufferPointer(start: base + head, count: count))
    data = .lines(isAtStart: isAtStart)
    move(to: cursor, bytes)
    lexer.skip(to: cursor)
    return count
  }

  /// Where the line `\.` that begins at `start` ends; `start` when it is another line, nil when that
  /// can't be told yet.
  private func endOfData(at start: Int, _ bytes: BorrowedBytes) -> Int? {
    let expected: [UInt8] = [UInt8(ascii: "\\"), UInt8(ascii: "."), 0x0D, 0x0A]
    var offset = start
    for byte in expected {
      guard offset < bytes.count else { return isFinished && offset > start + 1 ? offset : nil }
      if bytes[offset] == byte {
        offset += 1
      } else if byte != 0x0D {
        return start
      }
    }
    return offset
  }

  // MARK: The buffer

  /// Moves `head` forward, and the position with it.
  private mutating func move(to offset: Int, _ bytes: BorrowedBytes) {
    position.advance(over: rebased(bytes, head..<offset))
    head = offset
  }

  private func rebased(_ bytes: BorrowedBytes, _ range: Range<Int>) -> BorrowedBytes {
    UnsafeBufferPointer(rebasing: bytes[range])
  }

  private mutating func compact() {
    buffer.removeFirst(head)
    lexer.rebase(by: head)
    first = first.map { $0 - head }
    last -= head
    head = 0
  }

  private mutating func stop() {
    buffer = []
    head = 0
    first = nil
    data = nil
    lexer = SQLLexer(dialect: lexer.dialect)
    isFinished = true
  }

  /// False when it can't be told yet whether the text begins with one.
  private mutating func skipByteOrderMark(in bytes: BorrowedBytes) -> Bool {
    guard isAtTextStart else { return true }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    if !isFinished && bytes.count < mark.count && mark.starts(with: bytes) { return false }
    isAtTextStart = false
    if bytes.starts(with: mark) {
      head = mark.count
      lexer.skip(to: mark.count)
    }
    return true
  }

  private func invalidUTF8(_ bytes: ArraySlice<UInt8>, _ start: TextPosition) -> AdapterError {
    var valid = 0
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    while case .scalarValue(let scalar) = decoder.decode(&iterator) {
      valid += UTF8.width(scalar)
    }
    var place = start
    bytes.prefix(valid).withUnsafeBufferPointer { place.advance(over: $0) }
    return AdapterError(
      .data, "invalid UTF-8", position: place.inFile(file),
      hint: "convert the text to UTF-8, for example with iconv")
  }
}

extension SQLText {
  /// Whether it is a COPY whose data follow it in a script.
  fileprivate func takesCopyData(_ dialect: SQLDialect) -> Bool {
    guard let first = text.utf8.first, first | 0x20 == UInt8(ascii: "c") else { return false }
    let words = words(dialect)
    guard words.first == "COPY" else { return false }
    return zip(words, words.dropFirst()).contains { $0 == ("FROM", "STDIN") }
  }
}
