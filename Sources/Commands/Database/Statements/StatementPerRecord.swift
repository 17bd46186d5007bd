import AdapterCore
import Formats

/// `--each`: one statement, run once per record of a file.
struct StatementPerRecord {
  private let input: RecordInputOptions
  private let text: SQLText
  private let options: StatementOptions
  private let context: CommandContext
  private let database: any SQLDatabase
  private let reader: any RecordReader
  private let progress: ShownProgress

  /// Opens the records.
  init(
    _ text: SQLText, each input: RecordInputOptions, _ options: StatementOptions,
    on database: any SQLDatabase, _ context: CommandContext
  ) throws(AdapterError) {
    guard text.transactionControl(in: database.dialect) == nil else {
      throw AdapterError(
        .usage, "--each runs its statement in transactions of its own", position: text.position,
        hint: "--batch commits after a number of records")
    }
    self.input = input
    self.text = text
    self.options = options
    self.context = context
    self.database = database
    reader = try context.openRecords(input)
    progress = context.startProgress(
      "run for \(input.path)", total: input.size, unit: .bytes, options.progress)
  }

  /// Runs the statement for every record; returns how many rows were changed.
  ///
  /// - Parameters:
  ///   - binder: the parameters of the command line, for placeholders that no field fills.
  ///   - transaction: the one around all of it, begun here unless the records are divided into batches.
  func run(
    into sink: any RowSink, _ binder: inout ParameterBinder, _ transaction: ScriptTransaction
  ) throws(AdapterError) -> Int {
    let columns = try reader.readHeader()
    try input.refuseDataInPlaceOfHeader(reader)
    if options.batch == nil, options.parallel == nil { _ = try transaction.prepare(for: text) }
    let statement = try database.prepare(text)
    let feeder = StatementFeeder(statement, output: sink)
    try feeder.begin(columns: columns)
    try binder.bind(statement, except: feeder.boundSlots)
    try binder.refuseUnused()
    defer { context.operation.metrics.add(bytes: reader.bytesRead) }
    if let parallel = options.parallel {
      guard statement.columns.isEmpty else {
        throw AdapterError(
          .usage, "--jobs is for statements that give no rows", position: text.position,
          hint: "leave out --jobs; rows come in the order of the records then")
      }
      return try runInParallel(parallel, columns)
    }
    return try runInOrder(feeder)
  }

  private func runInOrder(_ feeder: StatementFeeder) throws(AdapterError) -> Int {
    var batches = BatchTransaction(database, rows: options.batch)
    do throws(AdapterError) {
      try batches.begin()
      while try reader.next(into: feeder) {
        try batches.rowDone()
        progress.update(to: reader.bytesRead)
      }
      try batches.end()
    } catch {
      batches.abandon()
      throw blame(error, reader.line).afterCommitted(batches.committedRows)
    }
    progress.end()
    try feeder.finish()
    context.operation.metrics.add(rows: feeder.rowsReturned)
    return feeder.rowsChanged
  }

  private func runInParallel(
    _ parallel: ParallelOptions, _ columns: [Column]
  ) throws(AdapterError) -> Int {
    try database.requireConcurrentWriters()
    var rowsChanged = 0
    let (text, parameters, source) = (text, options.parameters, input.reader.sourceName)
    let rows = try ParallelRows(
      parallel, try context.address(of: options.target), context.operation,
      work: { database, batch throws(AdapterError) in
        let statement = try database.prepare(text)
        let feeder = StatementFeeder(statement, output: RowCollector())
        try feeder.begin(columns: batch.rows.columns)
        var binder = ParameterBinder(parameters)
        try binder.bind(statement, except: feeder.boundSlots)
        for row in 0..<batch.rows.rowCount {
          do throws(AdapterError) {
            try batch.rows.play(row: row, into: feeder)
          } catch {
            throw Self.blame(error, batch.log.line(of: row), in: source)
          }
        }
        batch.rowsChanged = feeder.rowsChanged
      }, spent: { rowsChanged += $0.rowsChanged })
    rows.begin(columns: columns)
    do throws(AdapterError) {
      while try reader.next(into: rows) {
        try rows.rowDone(line: reader.line)
        progress.update(to: reader.bytesRead)
      }
      try rows.finish()
    } catch {
      try? rows.abandon()
      throw blame(error, reader.line).afterCommitted(rows.committedRows)
    }
    progress.end()
    return rowsChanged
  }

  private func blame(_ error: AdapterError, _ line: Int) -> AdapterError {
    Self.blame(error, line, in: input.reader.sourceName)
  }

  /// The record is at fault, not a place in the statement: it ran for the records before.
  private static func blame(
    _ error: AdapterError, _ line: Int, in source: String?
  ) -> AdapterError {
    var error = error
    if error.kind == .failed || error.kind == .data && error.position?.file == nil {
      error.position = nil
    }
    return error.located(line: line, in: source)
  }
}
