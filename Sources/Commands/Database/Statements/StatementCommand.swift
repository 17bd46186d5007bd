import AdapterCore
import CLI
import Formats

/// Runs the statements of `query` and `exec`: once, and again as a whole where an attempt that failed
/// left nothing behind.
struct StatementCommand {
  private let options: StatementOptions
  private let context: CommandContext

  init(_ options: StatementOptions, _ context: CommandContext) {
    self.options = options
    self.context = context
  }

  func run() throws(AdapterError) {
    let input = StatementRun.Input(options, context)
    var failed: AdapterError?
    var isReplayed = false
    let rowsChanged = try Retry(options.replay.policy, context.operation).run(
      if: { _ in isReplayed }, note: "running it again"
    ) { () throws(AdapterError) in
      isReplayed = false
      let run = StatementRun(try open(after: failed), input, options, context)
      do throws(AdapterError) {
        return try run.run()
      } catch {
        let (error, mayReplay) = run.abandon(after: error)
        isReplayed = mayReplay
        failed = error
        throw error
      }
    }
    context.noteRowsChanged(rowsChanged)
  }

  private func open(after failure: AdapterError?) throws(AdapterError) -> any SQLDatabase {
    guard let failure else { return try openDatabase() }
    let database = try context.reopenDatabase(after: failure, openDatabase)
    // Rows of the attempt that failed, which have not left nb.
    context.output.removeAll()
    return database
  }

  private func openDatabase() throws(AdapterError) -> any SQLDatabase {
    try context.openDatabase(options.target, options.access, readHost: options.readHost)
  }
}
