import AdapterCore
import Testing

/// Values, placeholders and results of statements, on every backend.
@Suite struct SQLStatementContract {
  /// A value, the type of the column that stores it, and what is read back.
  private static func storedValues(
    _ backend: SQLBackend
  ) -> [(value: Value, type: String, expected: Value)] {
    let types = backend.types
    var cases: [(Value, String, Value)] = []
    for type in [types.integer, types.real, types.text, types.bytes, types.json, types.boolean] {
      cases.append((.null, type, .null))
    }
    for number in [0, 1, -1, Int64.min, Int64.max] {
      cases.append((.int(number), types.integer, .int(number)))
    }
    let doubles = [
      0.5, -1.25e-300, 1e300, 0.1 + 0.2, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    ]
    for number in doubles { cases.append((.double(number), types.real, .double(number))) }
    var texts = ["", " ", "it's \"quoted\"", "naïve 日本語 👩‍👩‍👧 \u{202E}x", "a\nb\tc\\", "NULL", "0042"]
    if backend.storesNUL { texts.append("a\0b\0") }
    for text in texts { cases.append((.text(text), types.text, .text(text))) }
    for bytes: [UInt8] in [[], [0], Array(0...255), [0xFF, 0xFE]] {
      cases.append((.bytes(bytes), types.bytes, .bytes(bytes)))
    }
    let json = #"{"a": [1, null, "é"]}"#
    cases.append((.json(json), types.json, .json(json)))
    let digits = "12345678901234567890.123456789"
    cases.append((.decimal(digits), types.decimal, backend.decimalReadsAs(digits)))
    cases.append((.bool(true), types.boolean, backend.trueReadsAs))
    return cases
  }

  @Test(arguments: SQLBackend.all)
  func everyKindOfValueIsReadBackAsItWasBound(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    for (index, stored) in Self.storedValues(backend).enumerated() {
      try database.execute("CREATE TABLE v\(index) (x \(stored.type))")
      try database.execute("INSERT INTO v\(index) (x) VALUES (?)", [stored.value])
      let found = try database.rows("SELECT x FROM v\(index)")
      #expect(found == [[stored.expected]], "\(stored.value) in \(stored.type)")
    }
  }

  @Test(arguments: SQLBackend.all)
  func borrowedBytesAreBoundWithoutACopyOfTheCaller(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE b (t \(backend.types.text), x \(backend.types.bytes))")
    let insert = try database.prepare(SQLText("INSERT INTO b (t, x) VALUES (?, ?)"))
    for text in ["", "first", "second, longer"] {
      let bytes = Array(text.utf8)
      try bytes.withUnsafeBufferPointer { buffer in
        try insert.bindBorrowed(text: buffer, at: 0)
        try insert.bindBorrowed(bytes: buffer, at: 1)
        _ = try insert.run(into: nil)
      }
    }
    let empty = BorrowedBytes(start: nil, count: 0)
    try insert.bindBorrowed(text: empty, at: 0)
    try insert.bindBorrowed(bytes: empty, at: 1)
    _ = try insert.run(into: nil)
    let expected = ["", "", "first", "second, longer"].map { text -> [Value] in
      [.text(text), .bytes(Array(text.utf8))]
    }
    #expect(try database.rows("SELECT t, x FROM b ORDER BY t") == expected)
  }

  @Test(arguments: SQLBackend.all)
  func namedPlaceholdersAreOneSlotEachHoweverOftenTheyOccur(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE p (a \(backend.types.integer), b \(backend.types.text))")
    let insert = try database.prepare(SQLText("INSERT INTO p (a, b) VALUES (:a, :b)"))
    #expect(insert.parameters == [.named("a"), .named("b")])
    try insert.run(with: [.int(7), .text("seven")])
    let select = try database.prepare(
      SQLText("SELECT a FROM p WHERE (a = :n OR a > :n) AND b = :text"))
    #expect(select.parameters == [.named("n"), .named("text")])
    let rows = RowCollector()
    try select.run(with: [.int(7), .text("seven")], into: rows)
    #expect(rows.rows == [[.int(7)]])
  }

  @Test(arguments: SQLBackend.all)
  func numberedPlaceholdersMayComeInAnyOrder(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE p (a \(backend.types.integer), b \(backend.types.text))")
    let insert = try database.prepare(SQLText("INSERT INTO p (b, a) VALUES ($2, $1)"))
    let slots = insert.parameters
    #expect(Set(slots.map { "\($0)" }).count == 2)
    for (slot, parameter) in slots.enumerated() {
      try insert.bind(parameter == .numbered(1) ? .int(1) : .text("two"), at: slot)
    }
    _ = try insert.run(into: nil)
    #expect(try database.rows("SELECT a, b FROM p") == [[.int(1), .text("two")]])
  }

  @Test(arguments: SQLBackend.all)
  func questionMarksAreNumberedInOrder(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE p (a \(backend.types.integer), b \(backend.types.text))")
    let insert = try database.prepare(SQLText("INSERT INTO p (a, b) VALUES (?, ?)"))
    #expect(insert.parameters == [.numbered(1), .numbered(2)])
    // Neither a string, a quoted name nor a comment holds a placeholder.
    let plain = try database.prepare(SQLText("SELECT ':a ? $1' /* :b ? */ -- $2 :c\n"))
    #expect(plain.parameters.isEmpty)
  }

  @Test(arguments: SQLBackend.all)
  func aStatementRunsAgainWithOtherValues(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE r (a \(backend.types.integer) PRIMARY KEY)")
    let insert = try database.prepare(SQLText("INSERT INTO r (a) VALUES (?)"))
    for number in 1...3 { try insert.run(with: [.int(Int64(number))]) }
    #expect(throws: AdapterError.self) { try insert.run(with: [.int(2)]) }
    try insert.run(with: [.int(4)])
    let select = try database.prepare(SQLText("SELECT a FROM r WHERE a >= ? ORDER BY a"))
    for (least, expected) in [(3, 2), (1, 4), (9, 0)] {
      let rows = RowCollector()
      let result = try select.run(with: [.int(Int64(least))], into: rows)
      #expect(result.rowsReturned == expected)
      #expect(rows.rows.count == expected)
    }
  }

  @Test(arguments: SQLBackend.all)
  func resultsCountChangedAndReturnedRows(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    let create = try database.execute("CREATE TABLE c (a \(backend.types.integer))")
    #expect(create == StatementResult())
    let insert = try database.execute("INSERT INTO c (a) VALUES (1), (2), (3)")
    #expect(insert == StatementResult(rowsChanged: 3))
    let update = try database.execute("UPDATE c SET a = a + 10 WHERE a > 1")
    #expect(update.rowsChanged == 2)
    #expect(try database.execute("UPDATE c SET a = 0 WHERE a = 99").rowsChanged == 0)
    #expect(try database.execute("DELETE FROM c").rowsChanged == 3)
    // A statement that changes nothing must not repeat the count of the one before.
    #expect(try database.execute("SELECT a FROM c") == StatementResult())
    #expect(
      try database.execute("CREATE TABLE d (a \(backend.types.integer))") == StatementResult())
  }

  @Test(arguments: SQLBackend.all)
  func aResultWithoutRowsStillHasItsColumns(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE e (id \(backend.types.integer), t \(backend.types.text))")
    let rows = RowCollector()
    try database.execute("SELECT id, t AS title, 1 + 1 AS two FROM e", into: rows)
    #expect(rows.columns.map(\.name) == ["id", "title", "two"])
    #expect(rows.columns.prefix(2).map(\.kind) == [.integer, .text])
    #expect(rows.rows.isEmpty)
  }

  @Test(arguments: SQLBackend.all)
  func anEmptyOrSeveralStatementsAreRefused(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    for text in ["", "  \n", "-- only a comment", "/* and another */"] {
      let error = try #require(throws: AdapterError.self) { try database.execute(text) }
      #expect(error.kind == .usage)
    }
    for second in ["SELECT 1", "nonsense", "\0", "-- a comment\nSELECT 1"] {
      let error = try #require(throws: AdapterError.self, "\(second)") {
        try database.execute("CREATE TABLE one (a \(backend.types.integer)); \(second)")
      }
      #expect(error.kind == .usage)
    }
    #expect(try database.schema(table: nil).tables.isEmpty)
    try database.execute("SELECT 1; -- a comment may follow\n")
  }

  @Test(arguments: SQLBackend.all)
  func valuesOfTenMegabytesGoThroughWhole(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute("CREATE TABLE l (t \(backend.types.text), x \(backend.types.bytes))")
    let text = String(repeating: "0123456789abcdé", count: 650_000)
    let bytes = (0..<10_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try database.execute("INSERT INTO l (t, x) VALUES (?, ?)", [.text(text), .bytes(bytes)])
    #expect(try database.rows("SELECT t, x FROM l") == [[.text(text), .bytes(bytes)]])
  }

  @Test(arguments: SQLBackend.all)
  func aTableMayHaveAsManyColumnsAsTheEngineAllows(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    let count = min(backend.maximumColumns, 2000)
    let names = (1...count).map { "c\($0)" }
    let definitions = names.map { "\($0) \(backend.types.integer)" }.joined(separator: ", ")
    try database.execute("CREATE TABLE w (\(definitions))")
    let marks = Array(repeating: "?", count: count).joined(separator: ", ")
    let row = (1...count).map { Value.int(Int64($0)) }
    try database.execute("INSERT INTO w VALUES (\(marks))", row)
    #expect(try database.rows("SELECT * FROM w") == [row])
    #expect(try database.schema(table: "w").tables[0].columns.map(\.name) == names)
  }

  @Test(.timeLimit(.minutes(10)), arguments: SQLBackend.all)
  func rowsArePushedWhileTheQueryRuns(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open(.read)
    let sink = CountingSink(limit: 1000, error: AdapterError(.io, "no more, please"))
    let statement = try database.prepare(SQLText(backend.endlessQuery))
    let error = try #require(throws: AdapterError.self) { try statement.run(into: sink) }
    #expect(error.message == "no more, please")
    #expect(sink.rows == 1000)
    #expect(!sink.isFinished)
    // The connection is as good as before.
    #expect(try database.rows("SELECT 1") == [[.int(1)]])
  }
}
