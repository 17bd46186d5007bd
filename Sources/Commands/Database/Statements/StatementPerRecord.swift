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

  /// - Parameter bytes: what the records are read from.
  init(
    _ text: SQLText, each input: RecordInputOptions, _ bytes: any ByteSource,
    _ options: StatementOptions, on database: any SQLDatabase, _ context: CommandContext
  ) {
    self.input = input
    self.text = text
    self.options = options
    self.context = context
    self.database = database
    reader = context.makeReader(input, of: bytes)
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
    guard text.transactionControl(in: database.dialect) == nil else {
      throw AdapterError(
        .usage, "--each runs its statement in transactions of its own", position: text.position,
        hint: "--batch commits after a number of records")
    }
    let columns = try reader.readHeader()
    try input.refuseDataInPlaceOfHeader(reader)
    if options.batch == nil, options.parallel == nil { _ = try transaction.prepare(for: text) }
    let output = SingleResultSink(sink)
    let (parameters, text) = (binder, text)
    let prepare = {
      (database: any SQLDatabase) throws(AdapterError) -> StatementBatches.Connection in
      let statement = try database.prepare(text)
      let feeder = StatementFeeder(statement, output: output)
      try feeder.begin(columns: columns)
      var binder = parameters
      try binder.bind(statement, except: feeder.boundSlots)
      try binder.refuseUnused()
      return (database, feeder)
    }
    let connection = try prepare(database)
    // All were just found to be used.
    binder = ParameterBinder([])
    defer { context.operation.metrics.add(bytes: reader.bytesRead) }
    if let parallel = options.parallel {
      guard try database.prepare(text).columns.isEmpty else {
        throw AdapterError(
          .usage, "--jobs is for statements that give no rows", position: text.position,
          hint: "leave out --jobs; rows come in the order of the records then")
      }
      return try runInParallel(parallel, columns)
    }
    let rowsChanged = try runInOrder(connection, columns, prepare)
    try output.end()
    return rowsChanged
  }

  private func runInOrder(
    _ connection: StatementBatches.Connection, _ columns: [Column],
    _ prepare: @escaping (any SQLDatabase) throws(AdapterError) -> StatementBatches.Connection
  ) throws(AdapterError) -> Int {
    let batches = StatementBatches(
      reader, columns: columns, size: options.batch, on: connection,
      Retry(options.replay.policy, context.operation),
      reconnect: { failure throws(AdapterError) in
        try prepare(
          try context.reopenDatabase(after: failure) { () throws(AdapterError) in
            try context.openDatabase(options.target, options.access, readHost: options.readHost)
          })
      })
    defer { context.operation.metrics.add(rows: batches.rowsPushed) }
    do throws(AdapterError) {
      try batches.run { progress.update(to: reader.bytesRead) }
    } catch {
      throw blame(error, batches.guiltyLine).afterCommitted(batches.committedRows)
        .afterRows(batches.rowsPushed)
    }
    progress.end()
    return batches.rowsChanged
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
        var row = 0
        do throws(AdapterError) {
          while row < batch.rows.rowCount {
            try batch.rows.play(row: row, into: feeder)
            row += 1
          }
          try feeder.settle()
        } catch {
          let guilty = min(feeder.failedRecord ?? row, batch.rows.rowCount - 1)
          throw Self.blame(error, batch.log.line(of: guilty), in: source)
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
      // An error of a batch has its line already.
      throw error.located(line: reader.line, in: source).afterCommitted(rows.committedRows)
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
