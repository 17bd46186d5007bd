import AdapterCore
import CLI
import Formats

/// One attempt to run the statements of `query` or `exec`, over a connection of its own.
final class StatementRun: ReplayableAttempt {
  /// What statements and records are read from, by every attempt anew.
  struct Input {
    let script: RepeatableInput?
    let records: RepeatableInput?

    init(_ options: StatementOptions, _ context: CommandContext) {
      if case .file(let path) = options.origin {
        script = RepeatableInput(path, context)
      } else {
        script = nil
      }
      records = options.each.map { RepeatableInput($0.path, context) }
    }

    var isRepeatable: Bool {
      script?.isRepeatable != false && records?.isRepeatable != false
    }
  }

  private let options: StatementOptions
  private let context: CommandContext
  private let input: Input
  private let database: any SQLDatabase
  private let sink: any RowSink
  private var binder: ParameterBinder
  private let transaction: ScriptTransaction
  private var rowsChanged = 0
  /// Settings at the script's end, for which its transaction must be over.
  private var lastSettings: [SQLText] = []
  private var hasCommitted = false

  init(
    _ database: any SQLDatabase, _ input: Input, _ options: StatementOptions,
    _ context: CommandContext
  ) {
    self.database = database
    self.input = input
    self.options = options
    self.context = context
    sink = context.makeRowSink(options.output)
    // Until the commit its rows are not certain, where another writer can undo it.
    context.output.holdsBack = options.isAllOrNothing && database.allowsConcurrentWriters
    binder = ParameterBinder(options.parameters)
    transaction = ScriptTransaction(database, isAllOrNothing: options.isAllOrNothing)
  }

  /// Returns how many rows were changed.
  func run() throws(AdapterError) -> Int {
    let script = StatementSource.script(
      options.origin, dialect: database.dialect, file: try input.script?.open())
    guard let first = try script.next() else {
      throw AdapterError(.usage, "there is no statement in the SQL")
    }
    if let each = options.each, let records = input.records {
      if let second = try script.next() {
        throw AdapterError(
          .usage, "--each runs one statement, and there is a second", position: second.position)
      }
      let perRecord = StatementPerRecord(
        first, each: each, try records.open(), options, on: database, context)
      rowsChanged = try perRecord.run(into: sink, &binder, transaction)
    } else {
      try runAll(from: first, script)
    }
    try binder.refuseUnused()
    try transaction.end()
    hasCommitted = true
    for setting in lastSettings { try runOnce(setting, isOnly: false) }
    return rowsChanged
  }

  // MARK: A script

  private func runAll(from first: SQLText, _ script: SQLScript) throws(AdapterError) {
    var following: SQLText?
    // Behind data there is nothing to see before they are read.
    if looksAhead, !script.hasData {
      following = try script.next()
      transaction.isSingleStatement = following == nil
      try take(first, nil)
    } else {
      try take(first, script)
      following = try script.next()
    }
    while let statement = following {
      try take(statement, script)
      following = try script.next()
    }
  }

  /// - Parameter script: where the statement's data are, if it has any.
  private func take(_ statement: SQLText, _ script: SQLScript?) throws(AdapterError) {
    switch try transaction.prepare(for: statement) {
    case .run:
      if let script, script.hasData {
        let loader = try database.require(database.scriptData, "data in scripts")
        let line = script.dataLine
        rowsChanged += try loader.run(statement, data: script, dataLine: line).rowsChanged
      } else {
        try runOnce(statement, isOnly: transaction.isSingleStatement)
      }
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
    defer { context.operation.metrics.add(rows: statement.rowsPushed) }
    do throws(AdapterError) {
      rowsChanged += try statement.run(into: sink).rowsChanged
    } catch {
      throw error.afterRows(statement.rowsPushed)
    }
  }

  // MARK: Failing

  func abandon(after error: AdapterError) -> (error: AdapterError, mayReplay: Bool) {
    transaction.abandon()
    guard isWhole, !hasCommitted, options.replay.retries > 0, database.mayReplay(after: error)
    else { return (error, false) }
    // Of a query that is said already.
    let printed =
      options.access == .read ? nil : "not run again: some of its rows are printed already"
    return context.refuseReplay(after: error, input.isRepeatable, printed: printed)
  }

  /// Whether all of it is one transaction, or only reads.
  private var isWhole: Bool {
    options.access == .read
      || options.isAllOrNothing && options.batch == nil && options.parallel == nil
  }
}

extension AdapterError {
  /// The error with the fact that rows were given before it.
  func afterRows(_ rows: Int) -> AdapterError {
    guard rows > 0, kind != .cancelled else { return self }
    var error = self
    error.details.append(
      "the output ends early: \(counted(rows, "row")) came before the error")
    return error
  }
}
