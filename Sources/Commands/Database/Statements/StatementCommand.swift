import AdapterCore

/// Runs the statements of `query` and `exec`.
struct StatementCommand {
  private let options: StatementOptions
  private let context: CommandContext

  init(_ options: StatementOptions, _ context: CommandContext) {
    self.options = options
    self.context = context
  }

  func run() throws(AdapterError) {
    let input = StatementRun.Input(options, context)
    let rowsChanged = try context.runReplaying(options.replay.policy) {
      () throws(AdapterError) in
      try context.openDatabase(options.target, options.access, readHost: options.readHost)
    } _: { database throws(AdapterError) in
      StatementRun(database, input, options, context)
    }
    context.noteRowsChanged(rowsChanged)
  }
}
