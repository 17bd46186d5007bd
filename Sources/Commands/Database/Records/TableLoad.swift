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

  /// Opens the records before the database, so that a wrong path creates nothing.
  init(_ options: LoadCommand.Options, _ context: CommandContext) throws(AdapterError) {
    self.options = options
    self.context = context
    reader = SampledReader(try context.openRecords(options.input))
    database = try context.openDatabase(
      options.target, options.createsDatabase ? .create : .write)
    batches = BatchTransaction(database, rows: options.batch)
  }

  func run() throws(AdapterError) {
    var columns = try reader.readHeader()
    if let path = options.rejectPath { rejects = try RejectFile(path) }
    let progress = context.startProgress(
      "load \(options.input.path)", total: options.input.size, unit: .bytes, options.progress)
    do throws(AdapterError) {
      try database.begin(.write)
      if options.createsTable { columns = try createTableIfMissing(columns) }
      let loader = try database.makeLoader(
        LoadRequest(table: options.table, mode: options.mode))
      try loader.begin(columns: columns)
      try loadRows(into: loader, progress)
      try loader.finish()
      try rejects?.close()
      try database.commit()
      progress.end()
      context.noteLoaded(
        rows: loader.rowsLoaded, table: options.table.description,
        rejected: rejects?.rowCount ?? 0, rejectPath: options.rejectPath)
    } catch {
      database.rollback()
      throw error.located(
        atRecordOf: reader, in: options.input, committed: batches.committedRows)
    }
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
        guard error.kind == .data, rejects != nil else { throw error }
        try rejects?.write(line: reader.line, reason: error.message, record: reader.rawRecord)
        continue
      }
      context.operation.metrics.add(rows: 1)
      try batches.rowDone()
      progress.update(to: reader.bytesRead)
    }
  }

  /// Creates the table with inferred types; the columns are what the reader gives.
  private func createTableIfMissing(_ columns: [Column]) throws(AdapterError) -> [Column] {
    do throws(AdapterError) {
      _ = try database.schema(table: options.table.description)
      return columns
    } catch {
      guard error.kind == .notFound else { throw error }
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
