import AdapterCore
import CPostgreSQL

extension PostgreSQLDatabase {
  var scriptData: (any ScriptData)? { PostgreSQLScriptData(self) }
}

/// Runs `COPY … FROM stdin` with the data that follow it in a script, which are in the format that the
/// statement says and are sent as they are.
final class PostgreSQLScriptData: ScriptData {
  private static let chunkSize = 64 << 10

  private let database: PostgreSQLDatabase

  init(_ database: PostgreSQLDatabase) { self.database = database }

  func run(
    _ statement: SQLText, data: any ByteSource, dataLine: Int
  ) throws(AdapterError) -> StatementResult {
    try database.operation.cancellation.check()
    return try database.guarded { () throws(AdapterError) in
      try begin(statement)
      do throws(AdapterError) {
        try send(data)
      } catch {
        database.connection.abandonResults()
        throw error
      }
      return try end(statement, dataLine)
    }
  }

  private func begin(_ statement: SQLText) throws(AdapterError) {
    let connection = database.connection
    try connection.check(sent: PQsendQuery(connection.handle, statement.text))
    guard let result = try connection.nextResult() else { throw connection.lost() }
    defer { PQclear(result) }
    guard PQresultStatus(result) != PGRES_COPY_IN else { return }
    var error = database.error(result)
    error.position = statement.position
    connection.abandonResults()
    throw error
  }

  private func send(_ data: any ByteSource) throws(AdapterError) {
    let connection = database.connection
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkSize, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try data.read(into: buffer)
      guard count > 0 else { break }
      let bytes = buffer.assumingMemoryBound(to: CChar.self).baseAddress
      guard PQputCopyData(connection.handle, bytes, Int32(count)) == 1 else { break }
      try connection.flush()
    }
    // After an error of the server's the rest is not read, and the result tells.
    guard PQputCopyEnd(connection.handle, nil) == 1 else { throw connection.lost() }
  }

  private func end(_ statement: SQLText, _ dataLine: Int) throws(AdapterError) -> StatementResult {
    var rows = 0
    var failure: AdapterError?
    try database.connection.finish { result in
      if PQresultStatus(result) == PGRES_COMMAND_OK {
        rows = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
      } else if failure == nil {
        failure = error(result, statement, dataLine)
      }
    }
    if let failure { throw failure }
    return StatementResult(rowsChanged: rows)
  }

  /// The error with the line of the script that it is about. Its values are not shown.
  private func error(
    _ result: OpaquePointer, _ statement: SQLText, _ dataLine: Int
  ) -> AdapterError {
    var error = database.error(result, hasValues: true)
    error.position = statement.position
    guard let place = PostgreSQLDiagnostics(result).context.flatMap({ CopyPlace($0) }) else {
      return error
    }
    error.position = SourcePosition(
      file: statement.position.file, line: dataLine + place.line - 1)
    if let column = place.column { error.message = "column '\(column)': \(error.message)" }
    return error
  }
}
