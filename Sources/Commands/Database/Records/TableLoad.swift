import AdapterCore
import Formats

/// One run of `nb db load`.
final class TableLoad {
  private let options: LoadCommand.Options
  private let context: CommandContext
  private let reader: SampledReader
  private let database: any SQLDatabase
  private var rejects: RejectFile?
  private var batches: BatchTransaction
  private var unsettled: UnsettledRecords

  /// Opens the records before the database, so that a wrong path creates nothing.
  init(_ options: LoadCommand.Options, _ context: CommandContext) throws(AdapterError) {
    self.options = options
    self.context = context
    reader = SampledReader(
      try context.openRecords(options.input), bytesEncoding: options.input.format.bytesEncoding)
    database = try context.openDatabase(
      options.target, options.createsDatabase ? .create : .write)
    batches = BatchTransaction(database, rows: options.batch)
    unsettled = UnsettledRecords(keepsRecords: options.rejectPath != nil)
  }

  func run() throws(AdapterError) {
    if let path = options.rejectPath, path != "-" {
      try OutputPath(path).refuse(filesOf: database)
      try OutputPath(path).refuse(input: options.input.path)
    }
    let columns = try reader.readHeader()
    let progress = context.startProgress(
      "load \(options.input.path)", total: options.input.size, unit: .bytes, options.progress)
    defer { context.operation.metrics.add(bytes: reader.bytesRead) }
    let rows = try loadAll(columns, progress)
    do throws(AdapterError) {
      try database.commitRows()
    } catch {
      database.rollback()
      throw error.afterCommitted(batches.committedRows)
    }
    try rejects?.publish()
    progress.end()
    context.noteLoaded(
      rows: rows, table: options.table.description, rejected: rejects?.rowCount ?? 0,
      rejectPath: options.rejectPath)
  }

  /// Loads every record, without the last commit; returns how many rows are in the table.
  private func loadAll(
    _ incoming: [Column], _ progress: ShownProgress
  ) throws(AdapterError) -> Int {
    do throws(AdapterError) {
      try database.begin(.write)
      let columns = try targetColumns(incoming)
      let loader = try database.makeLoader(
        LoadRequest(
          table: options.table, mode: options.mode,
          bytesEncoding: options.input.format.bytesEncoding,
          skipsRefusedRows: options.rejectPath != nil,
          onLateRefusal: { [unowned self] (row, error) throws(AdapterError) in
            try takeLateRefusal(row, error)
          }))
      try loader.begin(columns: columns)
      rejects = try options.rejectPath.map { path throws(AdapterError) in
        try RejectFile(path, standardOutput: context.output)
      }
      defer { context.operation.metrics.add(rows: loader.rowsLoaded) }
      try loadRows(into: loader, progress)
      try loader.finish()
      try rejects?.finish()
      return loader.rowsLoaded
    } catch {
      database.rollback()
      if batches.committedRows > 0 { keepRejects() }
      throw error.located(
        atRecordOf: reader, in: options.input, committed: batches.committedRows)
    }
  }

  /// What was refused among rows that stay is kept as well; the load's own error is the one to tell.
  private func keepRejects() {
    try? rejects?.finish()
    try? rejects?.publish()
  }

  private func loadRows(
    into loader: any RowLoader, _ progress: ShownProgress
  ) throws(AdapterError) {
    let cancellation = context.operation.cancellation
    let settlesLate = loader.rowsSettled != nil
    while true {
      if cancellation.isCancelled { try cancellation.check() }
      do throws(AdapterError) {
        guard try reader.next(into: loader) else { return }
      } catch {
        guard error.kind == .data, rejects != nil, !reader.hasStopped else { throw error }
        try rejects?.write(line: reader.line, reason: error.message, record: reader.rawRecord)
        continue
      }
      if settlesLate {
        unsettled.append(line: reader.line, record: reader.rawRecord)
        unsettled.settle(upTo: loader.rowsSettled ?? 0)
      }
      try batches.rowDone()
      progress.update(to: reader.bytesRead)
    }
  }

  /// A row that the table refused some rows later, or only now at the end of a batch.
  private func takeLateRefusal(_ row: Int, _ error: AdapterError) throws(AdapterError) {
    let isKnown: Void? = try unsettled.withRecord(ofRow: row) {
      (line, record) throws(AdapterError) in
      try takeRefusal(error, line: line, record: record)
    }
    // A row that is being taken at this moment is not among them yet.
    if isKnown == nil { try takeRefusal(error, line: reader.line, record: reader.rawRecord) }
  }

  private func takeRefusal(
    _ error: AdapterError, line: Int, record: BorrowedBytes
  ) throws(AdapterError) {
    guard let rejects else {
      var error = error
      error.position = SourcePosition(file: options.input.reader.sourceName, line: line)
      throw error
    }
    try rejects.write(line: line, reason: error.message, record: record)
  }

  // MARK: Columns

  /// The columns that the fields go to; the table is created when it is missing and may be.
  private func targetColumns(_ incoming: [Column]) throws(AdapterError) -> [Column] {
    let found: Schema
    do throws(AdapterError) {
      found = try database.schema(table: options.table.description)
    } catch {
      guard options.createsTable, error.kind == .notFound else { throw error }
      return try createTable(incoming)
    }
    let columns = found.tables.first?.columns ?? []
    return try matched(incoming, with: columns.filter { !$0.isGenerated }.map(\.name))
  }

  /// Columns by position where the input does not name them.
  private func matched(
    _ incoming: [Column], with names: [String]
  ) throws(AdapterError) -> [Column] {
    let input = options.input
    guard input.format.hasHeader, input.reader.columnNames == nil else { return incoming }
    let known = Set(names.map { $0.lowercased() })
    if input.reader.header {
      if incoming.contains(where: { known.contains($0.name.lowercased()) }) { return incoming }
      // TSV as nb and COPY write it has no header.
      guard input.format == .tsv, incoming.count == names.count else {
        throw noColumnMatches(incoming, names)
      }
      reader.takeHeaderAsRecord()
    }
    guard incoming.count == names.count else {
      throw AdapterError(
        .data,
        "\(options.table.description) has \(counted(names.count, "column")), and the input "
          + "\(counted(incoming.count, "field"))",
        hint: "name the columns of the fields with --columns")
    }
    return names.map { Column(name: $0) }
  }

  private func noColumnMatches(_ incoming: [Column], _ names: [String]) -> AdapterError {
    let given = incoming.prefix(8).map { "'\($0.name)'" }.joined(separator: ", ")
    return AdapterError(
      .notFound,
      "the header names no column of table \(options.table.description): \(given)",
      hint: "its columns are \(names.joined(separator: ", ")); --headerless reads the first line "
        + "as a record")
  }

  /// Creates the table with inferred types.
  private func createTable(_ columns: [Column]) throws(AdapterError) -> [Column] {
    try options.input.refuseDataInPlaceOfHeader(reader)
    var seen: Set<String> = []
    for column in columns where !seen.insert(column.name.lowercased()).inserted {
      throw AdapterError(
        .data, "column '\(column.name)' occurs twice in the input",
        hint: "--columns gives the columns other names")
    }
    let inferred = try reader.inferKinds(of: columns)
    for name in options.key where !columns.contains(where: { $0.name == name }) {
      throw AdapterError(
        .notFound, "the input has no column '\(name)' for the key",
        hint: "its columns are \(columns.map(\.name).joined(separator: ", "))")
    }
    try database.execute(
      database.createTableStatement(options.table, columns: inferred, primaryKey: options.key))
    return inferred
  }
}

extension SQLDatabase {
  /// Commits rows that were loaded. What only the commit finds, such as a deferred key that refers to
  /// no row, is a fault of the rows.
  func commitRows() throws(AdapterError) {
    do throws(AdapterError) {
      try commit()
    } catch {
      var error = error
      if error.kind == .failed { error.kind = .data }
      throw error
    }
  }
}
