import AdapterCore
import CSQLite
import JSON

/// A prepared statement, finalized with the object.
final class SQLiteStatement: SQLStatement {
  private let database: SQLiteDatabase
  private let handle: OpaquePointer
  private let text: SQLText
  let parameters: [ParameterSlot]
  let columns: [Column]
  let isReadOnly: Bool
  /// Per column, whether its text is a JSON document by declaration.
  private let isJSON: [Bool]

  init(_ text: SQLText, on database: SQLiteDatabase) throws(AdapterError) {
    self.text = text
    self.database = database
    handle = try Self.prepare(text, on: database)
    parameters = Self.parameters(of: handle)
    columns = Self.columns(of: handle)
    isJSON = columns.map { $0.kind == .json }
    isReadOnly = sqlite3_stmt_readonly(handle) != 0 || Self.asksForJournalMode(text)
  }

  deinit { sqlite3_finalize(handle) }

  /// Compiles the one statement of `text`. SQLite stops after the first and ignores what follows,
  /// so that is looked at here: only a comment may.
  private static func prepare(
    _ text: SQLText, on database: SQLiteDatabase
  ) throws(AdapterError) -> OpaquePointer {
    var handle: OpaquePointer?
    var hasMore = false
    var sql = text.text
    let code = sql.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        let (code, rest) = compile(characters, on: database, &handle)
        var second: OpaquePointer?
        hasMore = handle != nil && !rest.isEmpty
        if hasMore, compile(rest, on: database, &second).code == SQLITE_OK {
          // U+0000 ends the text for SQLite.
          hasMore = second != nil || rest.contains(0)
        }
        sqlite3_finalize(second)
        return code
      }
    }
    guard code == SQLITE_OK else { throw database.error(code, doing: .statement(text)) }
    guard let handle else {
      throw AdapterError(.usage, "there is no statement in the SQL", position: text.position)
    }
    guard !hasMore else {
      sqlite3_finalize(handle)
      throw AdapterError(
        .usage, "there is more than one statement in the SQL", position: text.position)
    }
    return handle
  }

  /// sqlite3_prepare_v3, with what it left of the text.
  private static func compile(
    _ sql: UnsafeBufferPointer<CChar>, on database: SQLiteDatabase, _ handle: inout OpaquePointer?
  ) -> (code: Int32, rest: UnsafeBufferPointer<CChar>) {
    var end: UnsafePointer<CChar>?
    let code = sqlite3_prepare_v3(
      database.handle, sql.baseAddress, Int32(clamping: sql.count),
      UInt32(SQLITE_PREPARE_PERSISTENT), &handle, &end)
    guard let base = sql.baseAddress, let end else { return (code, sql) }
    return (code, UnsafeBufferPointer(rebasing: sql[(end - base)...]))
  }

  /// SQLite counts every use of `PRAGMA journal_mode` as a write, the question for it too.
  private static func asksForJournalMode(_ text: SQLText) -> Bool {
    // Looked at for every statement that writes.
    guard let first = text.text.utf8.first, first | 0x20 == UInt8(ascii: "p") else { return false }
    let words = text.text.lowercased().split { $0.isWhitespace || $0 == ";" }
    return words.count == 2 && words[0] == "pragma"
      && (words[1] == "journal_mode" || words[1].hasSuffix(".journal_mode"))
  }

  private static func parameters(of handle: OpaquePointer) -> [ParameterSlot] {
    (0..<sqlite3_bind_parameter_count(handle)).map { index in
      guard let name = sqlite3_bind_parameter_name(handle, index + 1) else {
        return .numbered(Int(index) + 1)
      }
      let bare = String(cString: name).dropFirst()
      return Int(bare).map { .numbered($0) } ?? .named(String(bare))
    }
  }

  private static func columns(of handle: OpaquePointer) -> [Column] {
    (0..<sqlite3_column_count(handle)).map { index in
      let name = sqlite3_column_name(handle, index).map { String(cString: $0) } ?? ""
      let type = sqlite3_column_decltype(handle, index).map { String(cString: $0) }
      return Column(
        name: name, kind: SQLiteType.kind(ofDeclared: type), declaredType: type,
        dialect: SQLDialect.sqlite.name)
    }
  }

  // MARK: Binding

  func bind(_ value: Value, at slot: Int) throws(AdapterError) {
    let index = Int32(slot + 1)
    let code: Int32 =
      switch value {
      case .null: sqlite3_bind_null(handle, index)
      case .bool(let flag): sqlite3_bind_int64(handle, index, flag ? 1 : 0)
      case .int(let number): sqlite3_bind_int64(handle, index, number)
      case .double(let number) where number.isNaN:
        throw AdapterError(
          .data, "SQLite has no NaN", position: text.position,
          hint: "bind NULL (NAME:null) or text")
      case .double(let number): sqlite3_bind_double(handle, index, number)
      case .decimal(let string), .text(let string), .json(let string):
        bindCopy(string, at: slot)
      case .bytes(let bytes): bytes.withUnsafeBufferPointer { bindCopy(bytes: $0, at: slot) }
      }
    try check(code)
  }

  /// Binds text that SQLite copies.
  func bindCopy(_ string: String, at slot: Int) -> Int32 {
    var string = string
    let index = Int32(slot + 1)
    return string.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        nb_sqlite3_bind_text_copied(handle, index, $0.baseAddress, UInt64($0.count))
      }
    }
  }

  /// Binds bytes that SQLite copies.
  func bindCopy(bytes: BorrowedBytes, at slot: Int) -> Int32 {
    let base = bytes.baseAddress ?? Self.emptyText.utf8Start
    return nb_sqlite3_bind_blob_copied(handle, Int32(slot + 1), base, UInt64(bytes.count))
  }

  func bindBorrowed(text utf8: BorrowedBytes, at slot: Int) throws(AdapterError) {
    try check(bindText(utf8, at: slot))
  }

  func bindBorrowed(bytes: BorrowedBytes, at slot: Int) throws(AdapterError) {
    try check(bindBlob(bytes, at: slot))
  }

  /// An empty buffer has no address, which SQLite would take for NULL.
  private static let emptyText: StaticString = ""

  /// Binds without a check, for the loader's cells.
  @inline(__always)
  func bindText(_ utf8: BorrowedBytes, at slot: Int) -> Int32 {
    let base = utf8.baseAddress ?? Self.emptyText.utf8Start
    return base.withMemoryRebound(to: CChar.self, capacity: utf8.count) {
      nb_sqlite3_bind_text_borrowed(handle, Int32(slot + 1), $0, UInt64(utf8.count))
    }
  }

  @inline(__always)
  func bindBlob(_ bytes: BorrowedBytes, at slot: Int) -> Int32 {
    let base = bytes.baseAddress ?? Self.emptyText.utf8Start
    return nb_sqlite3_bind_blob_borrowed(handle, Int32(slot + 1), base, UInt64(bytes.count))
  }

  @inline(__always)
  func bindInt(_ value: Int64, at slot: Int) -> Int32 {
    sqlite3_bind_int64(handle, Int32(slot + 1), value)
  }

  @inline(__always)
  func bindDouble(_ value: Double, at slot: Int) -> Int32 {
    sqlite3_bind_double(handle, Int32(slot + 1), value)
  }

  @inline(__always)
  func bindNull(at slot: Int) -> Int32 { sqlite3_bind_null(handle, Int32(slot + 1)) }

  private func check(_ code: Int32) throws(AdapterError) {
    guard code == SQLITE_OK else { throw database.error(code, doing: .statement(text)) }
  }

  // MARK: Running

  func run(into sink: (any RowSink)?) throws(AdapterError) -> StatementResult {
    try database.operation.cancellation.check()
    if database.access == .read && !isReadOnly {
      throw AdapterError(
        .failed, "the statement writes, and query only reads", position: text.position,
        hint: "use nb db exec")
    }
    let changesBefore = sqlite3_total_changes64(database.handle)
    defer { sqlite3_reset(handle) }
    if let sink, !columns.isEmpty { try sink.begin(columns: columns) }
    let returned = try step(into: columns.isEmpty ? nil : sink)
    if let sink, !columns.isEmpty { try sink.finish() }
    // sqlite3_changes keeps the count of an earlier statement when this one changes nothing.
    let isChanged = sqlite3_total_changes64(database.handle) != changesBefore
    return StatementResult(
      rowsChanged: isChanged ? Int(sqlite3_changes64(database.handle)) : 0, rowsReturned: returned)
  }

  /// Steps a statement without rows and resets it; for the loader.
  @inline(__always)
  func stepOnce() -> Int32 {
    let code = sqlite3_step(handle)
    sqlite3_reset(handle)
    return code
  }

  private(set) var rowsPushed = 0

  /// Steps to the end, pushing each row.
  private func step(into sink: (any RowSink)?) throws(AdapterError) -> Int {
    var rows = 0
    defer { rowsPushed = rows }
    let cancellation = database.operation.cancellation
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_ROW:
        if rows == 0 { database.operation.metrics.recordFirstRow() }
        rows += 1
        guard let sink else { continue }
        pushRow(to: sink)
        try sink.endRow()
        if cancellation.isCancelled { try cancellation.check() }
      case SQLITE_DONE: return rows
      case let code:
        throw database.error(code, doing: .statement(text))
      }
    }
  }

  private func pushRow(to sink: any RowSink) {
    for column in 0..<Int32(truncatingIfNeeded: isJSON.count) {
      switch sqlite3_column_type(handle, column) {
      case SQLITE_INTEGER: sink.int(sqlite3_column_int64(handle, column))
      case SQLITE_FLOAT: sink.double(sqlite3_column_double(handle, column))
      case SQLITE_TEXT: pushText(column, to: sink)
      case SQLITE_BLOB:
        let start = sqlite3_column_blob(handle, column)?.assumingMemoryBound(to: UInt8.self)
        let count = Int(sqlite3_column_bytes(handle, column))
        sink.bytes(BorrowedBytes(start: start, count: start == nil ? 0 : count))
      default: sink.null()
      }
    }
  }

  @inline(__always)
  private func pushText(_ column: Int32, to sink: any RowSink) {
    guard let start = sqlite3_column_text(handle, column) else {
      // Out of memory while converting from UTF-16; the next step reports it.
      sink.null()
      return
    }
    let utf8 = BorrowedBytes(start: start, count: Int(sqlite3_column_bytes(handle, column)))
    if isJSON[Int(column)] && JSONParser.isValid(utf8) {
      sink.json(utf8)
    } else {
      sink.text(utf8)
    }
  }
}
