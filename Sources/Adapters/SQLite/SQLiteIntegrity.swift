import AdapterCore

/// Checks of a whole database, for copies that must be good.
extension SQLiteDatabase {
  /// Reads the whole file and throws `data` when it is damaged (PRAGMA integrity_check).
  ///
  /// Rows that break a constraint are only noted: they came with the data, and a copy of them is a
  /// good copy.
  func verify(as name: String) throws(AdapterError) {
    let found: [[Value]]
    do throws(AdapterError) {
      found = try rows(
        """
        SELECT integrity_check GLOB 'CHECK constraint failed in *'
            OR integrity_check GLOB '* value in *' AS is_data, count(*), min(integrity_check)
        FROM pragma_integrity_check(1000000) WHERE integrity_check <> 'ok'
        GROUP BY is_data ORDER BY is_data
        """)
    } catch {
      // An index or a constraint calls on a collation or function of the application's own.
      guard error.kind == .failed else { throw damaged(name, error) }
      operation.note("\(name) could not be verified in full: \(error.message)")
      return
    }
    for row in found {
      let (count, example) = (row[1].integer ?? 0, row[2].string ?? "")
      guard row[0].integer == 1 else { throw Self.damage(name, example, count) }
      operation.note("\(name): \(count) constraint violations: \(example)")
    }
    noteMissingParents(name)
  }

  private static func damage(_ name: String, _ problem: String, _ count: Int64) -> AdapterError {
    AdapterError(
      .data, "\(name) is damaged: PRAGMA integrity_check finds \(count) problems",
      code: "SQLITE_CORRUPT",
      hint: "use an earlier backup; sqlite3's .recover salvages what it can",
      details: problem.split(separator: "\n").prefix(5).map { "  " + $0 })
  }

  private func damaged(_ name: String, _ error: AdapterError) -> AdapterError {
    guard error.kind == .data else { return error }
    var error = error
    error.message = "\(name) is damaged: \(error.message)"
    error.position = nil
    error.details = []
    return error
  }

  private func noteMissingParents(_ name: String) {
    let found = try? rows(
      "SELECT \"table\", count(*) FROM pragma_foreign_key_check GROUP BY 1 ORDER BY 1")
    for row in found ?? [] {
      operation.note(
        "\(name): \(row[1].integer ?? 0) rows of \(row[0].string ?? "") refer to missing rows")
    }
  }

  /// How many tables it holds, and the size of its pages.
  func extent() throws(AdapterError) -> RestorePlan.Extent {
    let found = try rows(
      """
      SELECT count(*) FROM pragma_table_list
      WHERE schema = 'main' AND type IN ('table', 'virtual')
        AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
      """)
    return RestorePlan.Extent(
      tables: Int(found.first?.first?.integer ?? 0),
      bytes: try integerPragma("page_count") * integerPragma("page_size"))
  }

  /// The answer of a PRAGMA that gives one number.
  func integerPragma(_ name: String) throws(AdapterError) -> Int {
    Int(try rows("PRAGMA \(name)").first?.first?.integer ?? 0)
  }

  /// The answer of a PRAGMA that gives one word.
  func textPragma(_ name: String) throws(AdapterError) -> String {
    try rows("PRAGMA \(name)").first?.first?.string ?? ""
  }
}
