import AdapterCore

/// The prepared statements of one connection, by their text.
final class StatementCache {
  let database: any SQLDatabase
  private var statements: [String: any SQLStatement] = [:]

  init(_ database: any SQLDatabase) { self.database = database }

  /// Runs a statement with these values; returns how many rows it changed.
  @discardableResult
  func run(_ sql: String, _ values: [Value] = []) throws(AdapterError) -> Int {
    try bound(sql, values).run(into: nil).rowsChanged
  }

  /// Runs a statement and hands each of its rows over.
  func rows(
    _ sql: String, _ values: [Value] = [], _ body: ([Value]) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    try read(try bound(sql, values), body)
  }

  /// A run never happens within another of the same statement.
  private func read(
    _ statement: any SQLStatement, _ body: ([Value]) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    try withoutActuallyEscaping(body) { body throws(AdapterError) in
      let reader = RowReader()
      reader.body = body
      defer { reader.body = nil }
      _ = try statement.run(into: reader)
    }
  }

  /// The first row of a small result; nil without one.
  func first(_ sql: String, _ values: [Value] = []) throws(AdapterError) -> [Value]? {
    var first: [Value]?
    try rows(sql, values) { row in
      if first == nil { first = row }
    }
    return first
  }

  /// As `first`, with bytes behind the values that may be large: they are not copied.
  func first(
    _ sql: String, _ values: [Value], last bytes: [UInt8]
  ) throws(AdapterError) -> [Value]? {
    let statement = try bound(sql, values)
    var first: [Value]?
    try bytes.withUnsafeBufferPointer { bytes throws(AdapterError) in
      try statement.bindBorrowed(bytes: bytes, at: values.count)
      defer { try? statement.bind(.null, at: values.count) }
      try read(statement) { row in
        if first == nil { first = row }
      }
    }
    return first
  }

  private func bound(
    _ sql: String, _ values: [Value]
  ) throws(AdapterError) -> any SQLStatement {
    let statement: any SQLStatement
    if let known = statements[sql] {
      statement = known
    } else {
      statement = try database.prepare(SQLText(sql))
      statements[sql] = statement
    }
    for (slot, value) in values.enumerated() { try statement.bind(value, at: slot) }
    return statement
  }
}

/// A sink that hands each row over as owned values.
private final class RowReader: RowSink {
  var body: (([Value]) throws(AdapterError) -> Void)?
  private var row: [Value] = []

  func begin(columns: [Column]) { row.reserveCapacity(columns.count) }
  func null() { row.append(.null) }
  func bool(_ value: Bool) { row.append(.bool(value)) }
  func int(_ value: Int64) { row.append(.int(value)) }
  func double(_ value: Double) { row.append(.double(value)) }
  func decimal(_ digits: BorrowedBytes) {
    row.append(.decimal(String(decoding: digits, as: UTF8.self)))
  }
  func text(_ utf8: BorrowedBytes) { row.append(.text(String(decoding: utf8, as: UTF8.self))) }
  func bytes(_ value: BorrowedBytes) { row.append(.bytes(Array(value))) }
  func json(_ document: BorrowedBytes) {
    row.append(.json(String(decoding: document, as: UTF8.self)))
  }

  func endRow() throws(AdapterError) {
    let values = row
    row.removeAll(keepingCapacity: true)
    try body?(values)
  }

  func finish() {}
}
