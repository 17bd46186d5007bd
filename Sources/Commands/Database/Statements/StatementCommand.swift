import AdapterCore
import CLI
import Formats

/// Runs the statements of `query` and `exec`.
final class StatementCommand {
  private let options: StatementOptions
  private let context: CommandContext
  private let database: any SQLDatabase
  private let sink: any RowSink
  private var binder: ParameterBinder
  private let transaction: ScriptTransaction
  private var rowsChanged = 0
  /// Settings at the script's end, for which its transaction must be over.
  private var lastSettings: [SQLText] = []

  init(_ options: StatementOptions, _ context: CommandContext) throws(AdapterError) {
    self.options = options
    self.context = context
    database = try context.openDatabase(
      options.target, options.access, readHost: options.readHost)
    sink = context.makeRowSink(options.output)
    binder = ParameterBinder(options.parameters)
    transaction = ScriptTransaction(database, isAllOrNothing: options.isAllOrNothing)
  }

  func run() throws(AdapterError) {
    var source = try StatementSource(
      options.origin, dialect: database.dialect, context: context)
    guard let first = try source.next() else {
      throw AdapterError(.usage, "there is no statement in the SQL")
    }
    if let each = options.each {
      if let second = try source.next() {
        throw AdapterError(
          .usage, "--each runs one statement, and there is a second", position: second.position)
      }
      let perRecord = try StatementPerRecord(
        first, each: each, options, on: database, context)
      rowsChanged = try perRecord.run(into: sink, &binder, transaction)
    } else {
      try runAll(from: first, &source)
    }
    try binder.refuseUnused()
    try transaction.end()
    for setting in lastSettings { try runOnce(setting, isOnly: false) }
    context.noteRowsChanged(rowsChanged)
  }

  // MARK: A script

  private func runAll(
    from first: SQLText, _ source: inout StatementSource
  ) throws(AdapterError) {
    var following: SQLText?
    if looksAhead {
      following = try source.next()
      transaction.isSingleStatement = following == nil
    }
    try take(first)
    if following == nil { following = try source.next() }
    while let statement = following {
      try take(statement)
      following = try source.next()
    }
  }

  private func take(_ statement: SQLText) throws(AdapterError) {
    switch try transaction.prepare(for: statement) {
    case .run: try runOnce(statement, isOnly: transaction.isSingleStatement)
    case .leaveOut: break
    case .runAfterwards: lastSettings.append(statement)
    }
  }

  /// Whether the second statement is read before the first runs. Not where nothing depends on it, so
  /// that statements typed into a pipe run as they come.
  private var looksAhead: Bool {
    if case .argument = options.origin { return true }
    return options.isAllOrNothing
  }

  private func runOnce(_ text: SQLText, isOnly: Bool) throws(AdapterError) {
    let statement = try database.prepare(text)
    try binder.bind(statement)
    // With one statement a parameter too many is found before anything runs.
    if isOnly { try binder.refuseUnused() }
    let result = try statement.run(into: sink)
    rowsChanged += result.rowsChanged
    context.operation.metrics.add(rows: result.rowsReturned)
  }
}
