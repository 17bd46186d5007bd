import AdapterCore
import Platform

/// One run of `nb db copy`.
struct TableCopy {
  private let options: CopyCommand.Options
  private let context: CommandContext
  private let source: any SQLDatabase
  private let destination: any SQLDatabase
  private let isSameDatabase: Bool

  init(_ options: CopyCommand.Options, _ context: CommandContext) throws(AdapterError) {
    self.options = options
    self.context = context
    let from = try context.address(of: options.source)
    let to = try context.address(of: options.destination)
    isSameDatabase = Self.isSameDatabase(from, to)
    destination = try context.openDatabase(
      options.destination, options.createsTable && !isSameDatabase ? .create : .write)
    // Within one database one connection serves both, where it can: two might wait for each other's
    // lock.
    source =
      isSameDatabase && destination.readsWhileWriting
      ? destination
      : try context.openDatabase(options.source, .read, readHost: options.readHost)
  }

  private static func isSameDatabase(_ left: Target.Address, _ right: Target.Address) -> Bool {
    if left == right { return true }
    guard left.scheme == right.scheme, left.host == nil, right.host == nil,
      let path = FileSystem.realPath(left.path)
    else {
      return false
    }
    return path == FileSystem.realPath(right.path)
  }

  func run() throws(AdapterError) {
    var statement = try source.prepare(SQLText(try sql()))
    guard statement.isReadOnly else {
      throw AdapterError(.failed, "--query must be a statement that only reads")
    }
    guard !statement.columns.isEmpty else {
      throw AdapterError(.usage, "--query must be a statement that gives rows")
    }
    try refuseCopyOntoItself()
    if source === destination { statement = try readingAllFirst(statement) }
    var binder = ParameterBinder(options.parameters)
    try binder.bind(statement)
    try binder.refuseUnused()
    let progress = context.startProgress(
      "copy into \(options.into.description)", total: nil, unit: .rows, options.progress)
    do throws(AdapterError) {
      try destination.begin(.write)
      let loader = try copyRows(of: statement, progress)
      try destination.commitRows()
      progress.end()
      context.noteLoaded(rows: loader.rowsLoaded, table: options.into.description)
    } catch {
      destination.rollback()
      throw error
    }
  }

  /// Copies every row, without the last commit.
  private func copyRows(
    of statement: any SQLStatement, _ progress: ShownProgress
  ) throws(AdapterError) -> any RowLoader {
    if options.createsTable { try createTableIfMissing(statement.columns) }
    let loader = try destination.makeLoader(
      LoadRequest(
        table: options.into, mode: options.mode,
        isFromSameEngine: source.dialect.name == destination.dialect.name,
        // A refused row ends the copy, and its error says all there is to say, early or late.
        onLateRefusal: { _, _ in }))
    let sink = CopySink(loader, destination, batch: options.batch, progress)
    defer {
      context.operation.metrics.add(rows: loader.rowsLoaded)
      context.operation.metrics.add(bytes: sink.byteCount)
    }
    _ = try statement.run(into: sink)
    return loader
  }

  /// The statement that reads the rows. Generated columns are left out: the destination computes its
  /// own.
  private func sql() throws(AdapterError) -> String {
    switch options.rows {
    case .query(let sql): return sql
    case .table(let name):
      let columns = try source.schema(table: name).tables.first?.columns ?? []
      let names = columns.filter { !$0.isGenerated }.map { source.dialect.quote($0.name) }
      let table = source.dialect.quote(TableName(name: name))
      return "SELECT \(names.joined(separator: ", ")) FROM \(table)"
    }
  }

  /// The statement with all its rows read before the first is given: what it reads may be the table
  /// that they go to, which would grow under it without end.
  private func readingAllFirst(
    _ statement: any SQLStatement
  ) throws(AdapterError) -> any SQLStatement {
    let sql = try sql()
    let statements = try StatementSplitter.split(sql, dialect: source.dialect)
    // A PRAGMA cannot stand in a WITH, and reads no table's rows.
    guard let text = statements.first?.text,
      statements[0].firstWords(1, in: source.dialect).first != "PRAGMA"
    else { return statement }
    return try source.prepare(
      SQLText("WITH nb_rows AS MATERIALIZED (\n\(text)\n) SELECT * FROM nb_rows"))
  }

  private func refuseCopyOntoItself() throws(AdapterError) {
    guard isSameDatabase, case .table(let name) = options.rows,
      name.lowercased() == options.into.name.lowercased()
    else { return }
    throw AdapterError(
      .usage, "table \(options.into.name) would be copied onto itself",
      hint: "name another table with --into")
  }

  private func createTableIfMissing(_ columns: [Column]) throws(AdapterError) {
    do throws(AdapterError) {
      _ = try destination.schema(table: options.into.description)
    } catch {
      guard error.kind == .notFound else { throw error }
      try destination.execute(
        destination.createTableStatement(
          options.into, columns: columns, primaryKey: try primaryKey()))
    }
  }

  private func primaryKey() throws(AdapterError) -> [String] {
    guard options.key.isEmpty, case .table(let name) = options.rows else { return options.key }
    return try source.schema(table: name).tables.first?.primaryKey ?? []
  }
}

/// Passes rows on to a loader, with batches and progress.
private final class CopySink: RowSink {
  private let loader: any RowLoader
  /// Bytes of the values: a number counts as eight.
  private(set) var byteCount = 0
  private var batches: BatchTransaction
  private let progress: ShownProgress

  init(
    _ loader: any RowLoader, _ database: any SQLDatabase, batch: Int?, _ progress: ShownProgress
  ) {
    self.loader = loader
    self.progress = progress
    batches = BatchTransaction(database, rows: batch)
  }

  func begin(columns: [Column]) throws(AdapterError) { try loader.begin(columns: columns) }
  func finish() throws(AdapterError) { try loader.finish() }
  func null() { loader.null() }

  func bool(_ value: Bool) {
    byteCount &+= 1
    loader.bool(value)
  }

  func int(_ value: Int64) {
    byteCount &+= 8
    loader.int(value)
  }

  func double(_ value: Double) {
    byteCount &+= 8
    loader.double(value)
  }

  func decimal(_ digits: BorrowedBytes) {
    byteCount &+= digits.count
    loader.decimal(digits)
  }

  func text(_ utf8: BorrowedBytes) {
    byteCount &+= utf8.count
    loader.text(utf8)
  }

  func bytes(_ value: BorrowedBytes) {
    byteCount &+= value.count
    loader.bytes(value)
  }

  func json(_ document: BorrowedBytes) {
    byteCount &+= document.count
    loader.json(document)
  }

  func endRow() throws(AdapterError) {
    do throws(AdapterError) {
      try loader.endRow()
    } catch {
      var error = error
      if error.kind == .data || error.kind == .failed {
        error.message = "row \(loader.rowsLoaded + 1): \(error.message)"
      }
      throw error.afterCommitted(batches.committedRows)
    }
    try batches.rowDone()
    progress.update(to: loader.rowsLoaded)
  }
}
