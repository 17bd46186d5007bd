import AdapterCore
import CMariaDB
import Platform

/// Writes a table's rows as INSERTs of many rows each.
final class MySQLDumpRows {
  /// Bytes of a statement: below the max_allowed_packet of any server, unless a single row is larger.
  private static let statementSize = 512 << 10
  /// What a string literal may not hold as it is; a carriage return the mysql client would change.
  private static let special = ByteFinder(
    UInt8(ascii: "'"), UInt8(ascii: "\\"), 0, UInt8(ascii: "\r"))

  private let table: MySQLDumpTable
  private let writer: DumpWriter
  private let head: String
  private var bytesInStatement = 0

  init(_ table: MySQLDumpTable, to writer: DumpWriter) {
    self.table = table
    self.writer = writer
    let dialect = SQLDialect.mysql
    let names = table.columns.map { dialect.quote($0.name) }.joined(separator: ",")
    head = "INSERT INTO \(table.quoted) (\(names)) VALUES\n"
  }

  private var query: String {
    let dialect = SQLDialect.mysql
    let values = table.columns.map { column in
      let name = dialect.quote(column.name)
      return column.isFloat ? "CAST(\(name) AS DOUBLE)" : name
    }
    return "SELECT \(values.joined(separator: ", ")) FROM \(table.quoted)"
  }

  /// Copies all rows as text, as they arrive; returns how many.
  func copy(
    from database: MySQLDatabase, _ progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> Int {
    let action = MySQLAction.other("read \(table.name)")
    return try database.interruptible { () throws(AdapterError) in
      guard database.connection.send(query), let result = mysql_use_result(database.handle) else {
        throw database.error(database.connection.failure, doing: action)
      }
      do throws(AdapterError) {
        let rows = try take(result, database, progress)
        let failure = database.connection.failure
        mysql_free_result(result)
        guard failure.number == 0 else { throw database.error(failure, doing: action) }
        return rows
      } catch {
        if mysql_errno(database.handle) == 0 {
          database.abandonResult { mysql_free_result(result) }
        }
        throw error
      }
    }
  }

  private func take(
    _ result: UnsafeMutablePointer<MYSQL_RES>, _ database: MySQLDatabase,
    _ progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> Int {
    let cancellation = database.operation.cancellation
    var rows = 0
    while let row = mysql_fetch_row(result), let lengths = mysql_fetch_lengths(result) {
      write(row, lengths)
      rows &+= 1
      try writer.flushIfFull()
      writer.report(progress)
      if cancellation.isCancelled { try cancellation.check() }
    }
    if rows > 0 { writer.output.append(";\n\n") }
    return rows
  }

  private func write(_ row: MYSQL_ROW, _ lengths: UnsafeMutablePointer<UInt>) {
    let output = writer.output
    let before = output.collected.count
    if bytesInStatement == 0 {
      output.append(head)
    } else if bytesInStatement > Self.statementSize {
      output.append(";\n")
      output.append(head)
      bytesInStatement = 0
    } else {
      output.append(",\n")
    }
    for (index, column) in table.columns.enumerated() {
      output.append(index == 0 ? "(" : ",")
      guard let cell = row[index] else {
        output.append("NULL")
        continue
      }
      let bytes = BorrowedBytes(
        start: UnsafeRawPointer(cell).assumingMemoryBound(to: UInt8.self),
        count: Int(lengths[index]))
      write(bytes, as: column.form)
    }
    output.append(UInt8(ascii: ")"))
    bytesInStatement += output.collected.count - before
  }

  private func write(_ bytes: BorrowedBytes, as form: MySQLDumpTable.Column.Form) {
    let output = writer.output
    switch form {
    case .number: output.append(bytes)
    case .bytes where !bytes.isEmpty:
      output.append("0x")
      output.append(hexDigitsOf: bytes)
    case .bytes, .text: quote(bytes)
    }
  }

  private func quote(_ bytes: BorrowedBytes) {
    let output = writer.output
    output.append(UInt8(ascii: "'"))
    var start = 0
    if let base = bytes.baseAddress {
      while true {
        let next = Self.special.firstOffset(in: base, from: start, to: bytes.count)
        output.append(UnsafeBufferPointer(start: base + start, count: next - start))
        guard next < bytes.count else { break }
        output.append(UInt8(ascii: "\\"))
        switch base[next] {
        case 0: output.append(UInt8(ascii: "0"))
        case UInt8(ascii: "\r"): output.append(UInt8(ascii: "r"))
        default: output.append(base[next])
        }
        start = next + 1
      }
    }
    output.append(UInt8(ascii: "'"))
  }
}
