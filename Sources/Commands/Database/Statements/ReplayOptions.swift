import AdapterCore
import CLI
import Platform

/// How often work is run again that left nothing behind when it failed.
struct ReplayOptions: Equatable {
  static let retries = FlagSpec(
    "retries", .value(name: "N"), group: .connection,
    summary: "Run it again so often when it lost a deadlock or the server",
    details: """
      Only what left nothing behind is run again, as a whole: a transaction that the server rolled \
      back (a deadlock, a serialization failure), or that lost its connection before its COMMIT was \
      sent; and a query of which no row has left nb. 0 turns it off.
      """,
    defaultText: "4")

  var retries: Int

  init(_ invocation: Invocation) throws(AdapterError) {
    retries = try invocation.int(Self.retries, in: 0...1000) ?? 4
  }

  /// A transaction may take long: what was given up so far is no reason to give up the rest.
  var policy: Retry.Policy { Retry.Policy(attempts: retries + 1, budget: nil) }
}

extension CommandContext {
  /// Opens a database again for work that failed with `failure` and is to be run again; a server that
  /// restarts, or hands over to another, is waited for.
  ///
  /// Throws `failure` with what kept the work from being run again.
  func reopenDatabase(
    after failure: AdapterError, _ open: () throws(AdapterError) -> any SQLDatabase
  ) throws(AdapterError) -> any SQLDatabase {
    var failure = failure
    do throws(AdapterError) {
      let database = try Retry(.reconnecting, operation).run(open)
      if try database.undoesEverything() { return database }
      failure.details.append(.tablesWithoutTransactions)
    } catch {
      guard error.kind != .cancelled, error.kind != .timeout else { throw error }
      failure.details.append("could not connect again: \(error.message)")
      failure.details += error.details
    }
    throw failure
  }
}

extension Retry.Policy {
  /// A server that restarts or hands over to another is back within seconds, seldom within half a
  /// minute.
  static let reconnecting = Retry.Policy(
    attempts: .max, firstDelay: .milliseconds(100), maximumDelay: .seconds(1),
    budget: .seconds(30))
}

extension String {
  static let tablesWithoutTransactions =
    "not run again: the server has tables without transactions, where a rollback undoes nothing"
}
