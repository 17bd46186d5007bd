import AdapterCore

/// One attempt at work on a database, over a connection of its own.
protocol ReplayableAttempt: AnyObject {
  /// Returns how many rows were written.
  func run() throws(AdapterError) -> Int
  /// Ends an attempt that failed: nothing of it stays that can be undone. Returns the error, with what
  /// keeps the work from being run again, and whether it may be.
  func abandon(after error: AdapterError) -> (error: AdapterError, mayReplay: Bool)
}

extension CommandContext {
  /// Runs work once, and again as a whole where an attempt that failed left nothing behind.
  ///
  /// - Parameter prepare: makes an attempt over the database.
  func runReplaying(
    _ policy: Retry.Policy, opening open: () throws(AdapterError) -> any SQLDatabase,
    _ prepare: (any SQLDatabase) throws(AdapterError) -> any ReplayableAttempt
  ) throws(AdapterError) -> Int {
    var failed: AdapterError?
    var mayReplay = false
    let isReplayed = { (_: AdapterError) in mayReplay }
    return try Retry(policy, operation).run(if: isReplayed, note: "connecting to run it again") {
      () throws(AdapterError) in
      mayReplay = false
      let database: any SQLDatabase
      if let failed {
        database = try reopenDatabase(after: failed, open)
        // Rows of the attempt that failed, which have not left nb.
        output.removeAll()
      } else {
        database = try open()
      }
      let attempt = try prepare(database)
      do throws(AdapterError) {
        return try attempt.run()
      } catch {
        let end = attempt.abandon(after: error)
        if end.mayReplay { database.close() }
        (failed, mayReplay) = (end.error, end.mayReplay)
        throw end.error
      }
    }
  }

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

extension CommandContext {
  /// Whether work may be run again as far as its input and what it printed go; adds to the error why
  /// not.
  ///
  /// - Parameter printed: what is said when some of its output has left nb.
  func refuseReplay(
    after error: AdapterError, _ isRepeatable: Bool, printed: String?
  ) -> (error: AdapterError, mayReplay: Bool) {
    var error = error
    if output.flushedByteCount > 0 {
      if let printed { error.details.append(printed) }
      return (error, false)
    }
    guard isRepeatable else {
      error.details.append("not run again: what was read of standard input cannot be read twice")
      return (error, false)
    }
    return (error, true)
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
