import CSQLite

/// Names that SQLite knows, looked up only for a message about one that it does not.
enum SQLiteCatalog {
  /// The PRAGMAs of the library; no file is touched.
  static var pragmas: [String] {
    var handle: OpaquePointer?
    defer { sqlite3_close(handle) }
    guard sqlite3_open(":memory:", &handle) == SQLITE_OK else { return [] }
    return names("SELECT name FROM pragma_pragma_list ORDER BY name", on: handle)
  }

  /// SQL's words that SQLite reads (sqlite3_keyword_name).
  static var keywords: [String] {
    (0..<sqlite3_keyword_count()).compactMap { index in
      var name: UnsafePointer<CChar>?
      var length: Int32 = 0
      guard sqlite3_keyword_name(index, &name, &length) == SQLITE_OK, let name else { return nil }
      let bytes = UnsafeBufferPointer(start: name, count: Int(length))
      return String(decoding: bytes.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
  }

  /// The first column of a query's rows; what fails is left out, for this only serves hints.
  static func names(_ sql: String, on handle: OpaquePointer?) -> [String] {
    var statement: OpaquePointer?
    defer { sqlite3_finalize(statement) }
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { return [] }
    var names: [String] = []
    while sqlite3_step(statement) == SQLITE_ROW {
      if let text = sqlite3_column_text(statement, 0) { names.append(String(cString: text)) }
    }
    return names
  }
}
