import AdapterCore
import Formats

/// One run of `nb db load`.
final class TableLoad: ReplayableAttempt {
  private let options: LoadCommand.Options
  private let context: CommandContext
  private let input: RepeatableInput
  private let reader: SampledReader
  private let database: any SQLDatabase
  /// How many records earlier attempts committed, each a row.
  private let loadedBefore: Int
  private var rejects: RejectFile?
  private var batches: BatchTransaction
  /// Records whose rows may yet be refused.
  private var pending = RecordLog()
  /// The line of the record that the load failed at, when it is not the last one read.
  private var guiltyLine: Int?
  private var hasReadAll = false

  /// - Parameters:
  ///   - bytes: what the records are read from.
  ///   - failed: the attempt before, behind whose batches this one goes on.
  init(
    _ options: LoadCommand.Options, _ input: RepeatableInput, _ bytes: any ByteSource,
    into database: any SQLDatabase, after failed: TableLoad?, _ context: CommandContext
  ) {
    self.options = options
    self.context = context
    self.input = input
    self.database = database
    reader = SampledReader(
      context.makeReader(options.input, of: bytes),
      bytesEncoding: options.input.format.bytesEncoding)
    loadedBefore = failed?.batches.committedRows ?? 0
    batches = BatchTransaction(database, rows: options.batch, committedRows: loadedBefore)
  }

  func run() throws(AdapterError) -> Int {
    if let path = options.rejectPath, path != "-" {
      try OutputPath(path).refuse(filesOf: database)
      try OutputPath(path).refuse(input: options.input.path)
    }
    let columns = try reader.readHeader()
    let progress = context.startProgress(
      "load \(options.input.displayName)", total: options.input.size, unit: .bytes, options.progress
    )
    defer { context.operation.metrics.add(bytes: reader.bytesRead) }
    let rows =
      if let parallel = options.parallel {
        try loadInParallel(parallel, columns, progress)
      } else {
        try loadAndCommit(columns, progress)
      }
    try rejects?.publish()
    progress.end()
    context.noteLoaded(
      rows: rows, table: options.table.description, rejected: rejects?.rowCount ?? 0,
      rejectPath: options.rejectPath)
    return rows
  }

  func abandon(after error: AdapterError) -> (error: AdapterError, mayReplay: Bool) {
    // Batches that are committed stay, and are left out of the next attempt as far as each of their
    // records is a row; those of several connections were run again already.
    guard options.parallel == nil, batches.committedRows == 0 || options.rejectPath == nil,
      options.replay.retries > 0, rejects?.isReplaceable != false,
      database.mayReplay(after: error)
    else { return (error, false) }
    return context.refuseReplay(after: error, input.isRepeatable, printed: nil)
  }

  private func loadAndCommit(
    _ incoming: [Column], _ progress: ShownProgress
  ) throws(AdapterError) -> Int {
    let rows = try loadAll(incoming, progress)
    do throws(AdapterError) {
      try database.commitRows()
    } catch {
      database.rollback()
      throw error.afterCommitted(batches.committedRows)
    }
    return rows
  }

  /// Loads every record, without the last commit; returns how many rows are in the table.
  private func loadAll(
    _ incoming: [Column], _ progress: ShownProgress
  ) throws(AdapterError) -> Int {
    do throws(AdapterError) {
      try database.begin(.write)
      let columns = try targetColumns(incoming)
      let loader = try database.makeLoader(request)
      try loader.begin(columns: columns)
      try openRejects()
      defer { context.operation.metrics.add(rows: loader.rowsLoaded) }
      try skipLoadedRecords()
      try loadRows(into: loader, progress)
      hasReadAll = true
      try loader.finish()
      try rejects?.finish()
      return loadedBefore + loader.rowsLoaded
    } catch {
      database.rollback()
      if batches.committedRows > 0 { keepRejects() }
      throw located(error).afterCommitted(batches.committedRows)
    }
  }

  private func skipLoadedRecords() throws(AdapterError) {
    let nowhere = DiscardingSink()
    for _ in 0..<loadedBefore where try !reader.next(into: nowhere) {
      throw AdapterError(.data, "the input has become shorter")
    }
  }

  private var request: LoadRequest {
    // What was there before the load is gone already.
    let isReplaced = loadedBefore > 0 && options.mode == .replace
    return LoadRequest(
      table: options.table, mode: isReplaced ? .append : options.mode,
      bytesEncoding: options.input.format.bytesEncoding,
      skipsRefusedRows: options.rejectPath != nil,
      onLateRefusal: { [unowned self] row, error throws(AdapterError) in
        try refused(row, error)
      })
  }

  /// Takes a row that was refused after it had been sent.
  private func refused(_ row: Int, _ error: AdapterError) throws(AdapterError) {
    // The row that is just being sent is the reader's.
    let isCurrent = row >= pending.end
    let line = isCurrent ? reader.line : pending.line(of: row)
    guard let rejects else {
      guiltyLine = line
      return
    }
    try rejects.write(
      line: line, reason: error.message,
      record: isCurrent ? reader.rawRecord : pending.text(of: row))
  }

  /// The error with its record's line. Where rows are sent in batches and the server names none, the
  /// lines of the batch are all that is known.
  private func located(_ error: AdapterError) -> AdapterError {
    let source = options.input.reader.sourceName
    guard guiltyLine == nil, pending.first < pending.end else {
      return error.located(line: guiltyLine ?? reader.line, in: source)
    }
    let first = pending.line(of: pending.first)
    let last = hasReadAll ? pending.line(of: pending.end - 1) : reader.line
    return error.located(lines: first...max(first, last), in: source)
  }

  private func openRejects() throws(AdapterError) {
    rejects = try options.rejectPath.map { path throws(AdapterError) in
      try RejectFile(path, standardOutput: context.output)
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
    while true {
      if cancellation.isCancelled { try cancellation.check() }
      do throws(AdapterError) {
        guard try reader.next(into: loader) else { return }
      } catch {
        guard error.kind == .data, rejects != nil, !reader.hasStopped else { throw error }
        try rejects?.write(line: reader.line, reason: error.message, record: reader.rawRecord)
        continue
      }
      if let settled = loader.rowsSettled { keepPending(settled: settled) }
      try batches.rowDone()
      progress.update(to: reader.bytesRead)
    }
  }

  private func keepPending(settled: Int) {
    pending.append(line: reader.line, text: rejects == nil ? nil : reader.rawRecord)
    pending.drop(before: settled)
  }

  // MARK: Several connections

  /// Loads every record in batches that are committed one by one; returns how many rows are in the
  /// table.
  private func loadInParallel(
    _ parallel: ParallelOptions, _ incoming: [Column], _ progress: ShownProgress
  ) throws(AdapterError) -> Int {
    try database.requireConcurrentWriters()
    // What is created must be there for the other connections.
    let columns = try database.transaction(.write) { () throws(AdapterError) in
      try targetColumns(incoming)
    }
    try openRejects()
    let rows = try parallelRows(parallel)
    rows.begin(columns: columns)
    defer { context.operation.metrics.add(rows: rows.committedRows) }
    do throws(AdapterError) {
      try handOutRows(to: rows, progress)
      try rows.finish()
      try rejects?.finish()
    } catch {
      try? rows.abandon()
      if rows.committedRows > 0 { keepRejects() }
      // One of a batch has its line already.
      throw error.afterCommitted(rows.committedRows)
    }
    return rows.committedRows
  }

  private func parallelRows(_ parallel: ParallelOptions) throws(AdapterError) -> ParallelRows {
    let (table, mode) = (options.table, options.mode)
    let bytesEncoding = options.input.format.bytesEncoding
    let skipsRefusedRows = options.rejectPath != nil
    let source = options.input.reader.sourceName
    return try ParallelRows(
      parallel, try context.address(of: options.target), context.operation,
      work: { database, batch throws(AdapterError) in
        let request = LoadRequest(
          table: table, mode: mode, bytesEncoding: bytesEncoding,
          skipsRefusedRows: skipsRefusedRows)
        try batch.load(request, into: database) { $0.located(lines: $1, in: source) }
      },
      spent: { [unowned self] batch throws(AdapterError) in
        for (row, reason) in batch.rejected {
          try rejects?.write(
            line: batch.log.line(of: row), reason: reason, record: batch.log.text(of: row))
        }
      })
  }

  private func handOutRows(
    to rows: ParallelRows, _ progress: ShownProgress
  ) throws(AdapterError) {
    while true {
      do throws(AdapterError) {
        guard try reader.next(into: rows) else { return }
      } catch {
        guard error.kind == .data, rejects != nil, !reader.hasStopped else { throw error }
        rows.dropOpenRow()
        try rejects?.write(line: reader.line, reason: error.message, record: reader.rawRecord)
        continue
      }
      try rows.rowDone(line: reader.line, record: rejects == nil ? nil : reader.rawRecord)
      progress.update(to: reader.bytesRead)
    }
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
  /// Throws `unavailable` when several connections cannot write at once.
  func requireConcurrentWriters() throws(AdapterError) {
    guard !allowsConcurrentWriters else { return }
    throw AdapterError(
      .unavailable, "\(displayName) does not support several connections that write",
      hint: "leave out --jobs; one connection writes as fast as the database can")
  }

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
