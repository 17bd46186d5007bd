import AdapterCore
import Platform

/// One attempt at `nb db copy`.
final class TableCopy: ReplayableAttempt {
  private let options: CopyCommand.Options
  private let context: CommandContext
  private let source: any SQLDatabase
  private let destination: any SQLDatabase
  private let isSameDatabase: Bool
  /// Rows that stay whatever happens.
  private var committedRows = 0
  /// Whether the last commit may have been sent.
  private var isCommitting = false

  /// - Parameter isSameDatabase: whether both targets are one database.
  init(
    _ options: CopyCommand.Options, into destination: any SQLDatabase, isSameDatabase: Bool,
    _ context: CommandContext
  ) throws(AdapterError) {
    self.options = options
    self.context = context
    self.destination = destination
    self.isSameDatabase = isSameDatabase
    // Within one database one connection serves both, where it can: two might wait for each other's
    // lock.
    source =
      isSameDatabase && destination.readsWhileWriting
      ? destination
      : try context.openDatabase(options.source, .read, readHost: options.readHost)
  }

  static func isSameDatabase(_ left: Target.Address, _ right: Target.Address) -> Bool {
    if left == right { return true }
    guard left.scheme == right.scheme, left.host == nil, right.host == nil,
      let path = FileSystem.realPath(left.path)
    else {
      return false
    }
    return path == FileSystem.realPath(right.path)
  }

  /// Returns how many rows were copied.
  func run() throws(AdapterError) -> Int {
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
    let rows =
      if let parallel = options.parallel {
        try copyInParallel(parallel, statement, progress)
      } else {
        try copyAndCommit(statement, progress)
      }
    progress.end()
    context.noteLoaded(rows: rows, table: options.into.description)
    return rows
  }

  func abandon(after error: AdapterError) -> (error: AdapterError, mayReplay: Bool) {
    // Batches of several connections were run again already. Whichever of the two was lost, the
    // destination has nothing, unless a commit was on its way.
    let isUndone =
      destination.mayReplay(after: error)
      || !isCommitting && options.batch == nil && source.mayReplay(after: error)
    guard options.parallel == nil, committedRows == 0, options.replay.retries > 0, isUndone else {
      return (error, false)
    }
    source.close()
    return (error, true)
  }

  /// Copies every row in one transaction, or in batches on one connection; returns how many.
  private func copyAndCommit(
    _ statement: any SQLStatement, _ progress: ShownProgress
  ) throws(AdapterError) -> Int {
    do throws(AdapterError) {
      try destination.begin(.write)
      let loader = try copyRows(of: statement, progress)
      isCommitting = true
      try destination.commitRows()
      return loader.rowsLoaded
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
    var guilty: Int?
    var request = LoadRequest(
      table: options.into, mode: options.mode, isFromSameEngine: isWithinOneEngine,
      timesAreInUTC: try readsTimesInUTC(statement.columns))
    request.onLateRefusal = { row, _ in guilty = row + 1 }
    let loader = try destination.makeLoader(request)
    let sink = CopySink(loader, destination, batch: options.batch, progress)
    defer {
      context.operation.metrics.add(rows: loader.rowsLoaded)
      context.operation.metrics.add(bytes: sink.byteCount)
    }
    do throws(AdapterError) {
      _ = try statement.run(into: sink)
    } catch {
      let error = guilty.map { error.ofRow($0) } ?? error
      committedRows = sink.committedRows
      throw error.afterCommitted(committedRows)
    }
    return loader
  }

  /// Copies every row in batches over several connections; returns how many.
  private func copyInParallel(
    _ parallel: ParallelOptions, _ statement: any SQLStatement, _ progress: ShownProgress
  ) throws(AdapterError) -> Int {
    try destination.requireConcurrentWriters()
    if options.createsTable {
      // What is created must be there for the other connections.
      try destination.transaction(.write) { () throws(AdapterError) in
        try createTableIfMissing(statement.columns)
      }
    }
    let (table, mode) = (options.into, options.mode)
    let isWithinOneEngine = isWithinOneEngine
    let timesAreInUTC = try readsTimesInUTC(statement.columns)
    let rows = try ParallelRows(
      parallel, try context.address(of: options.destination), context.operation,
      work: { database, batch throws(AdapterError) in
        let request = LoadRequest(
          table: table, mode: mode, isFromSameEngine: isWithinOneEngine,
          timesAreInUTC: timesAreInUTC)
        try batch.load(request, into: database) { error, rows in
          rows.count == 1 ? error.ofRow(rows.lowerBound) : error
        }
      }, spent: { _ in })
    let sink = ParallelCopySink(rows, progress)
    defer {
      context.operation.metrics.add(rows: rows.committedRows)
      context.operation.metrics.add(bytes: sink.byteCount)
    }
    do throws(AdapterError) {
      _ = try statement.run(into: sink)
    } catch {
      try? rows.abandon()
      throw error.afterCommitted(rows.committedRows)
    }
    return rows.committedRows
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

  private var isWithinOneEngine: Bool { source.dialect.name == destination.dialect.name }

  /// Whether the source now gives times in UTC: where a table's go into columns of the same types, which
  /// the sessions' zones must not come between. A query may ask what time it is in its session.
  private func readsTimesInUTC(_ columns: [Column]) throws(AdapterError) -> Bool {
    let times = columns.filter { $0.kind == .timestamp }
    guard isWithinOneEngine, !times.isEmpty, case .table(let name) = options.rows else {
      return false
    }
    let before = try source.columnDeclarations(of: name)
    let after = try destination.columnDeclarations(of: options.into.description)
    let isSame = times.allSatisfy { column in
      before[column.name].map { DeclaredType($0).name }
        == after[column.name].map { DeclaredType($0).name }
    }
    return isSame ? try source.readTimesInUTC() : false
  }

  /// The columns with the types that the source's table declares, where the destination has those.
  private func declared(_ columns: [Column]) throws(AdapterError) -> [Column] {
    guard isWithinOneEngine, case .table(let name) = options.rows else { return columns }
    let types = try source.columnDeclarations(of: name)
    return columns.map { column in
      var column = column
      if let type = types[column.name], !type.isEmpty { column.declaredType = type }
      return column
    }
  }

  private func createTableIfMissing(_ columns: [Column]) throws(AdapterError) {
    do throws(AdapterError) {
      _ = try destination.schema(table: options.into.description)
    } catch {
      guard error.kind == .notFound else { throw error }
      try destination.execute(
        destination.createTableStatement(
          options.into, columns: try declared(columns), primaryKey: try primaryKey()))
    }
  }

  private func primaryKey() throws(AdapterError) -> [String] {
    guard options.key.isEmpty, case .table(let name) = options.rows else { return options.key }
    return try source.schema(table: name).tables.first?.primaryKey ?? []
  }
}
