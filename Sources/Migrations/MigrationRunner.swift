import AdapterCore
import Platform

/// Carries out units of steps on a database and writes the history.
struct MigrationRunner {
  let database: any SQLDatabase
  let operation: OperationContext
  let history: MigrationHistory
  let lock: any MigrationLock
  /// How long locks that others hold are waited for.
  let patience: Duration

  /// After how long what ran together is committed.
  private static let groupTime = Duration.milliseconds(100)

  /// Runs the first of the units in one transaction and returns how long each took: each commit waits
  /// for the disk. Where several connections can write, only units that make new tables, for whose
  /// locks nobody waits; elsewhere any, for whoever waits to write waits less. What is not yet
  /// reported is undone as a whole by a crash, its history with it.
  ///
  /// Returns none where there is nothing to put together; nil when one failed, which left nothing.
  func runTogether(_ units: ArraySlice<MigrationUnit>) throws(AdapterError) -> [Duration]? {
    var tables = NewTables(database.dialect)
    let group = units.prefix { unit in
      unit.isTransactional && !unit.suspendsForeignKeys
        && (!database.allowsConcurrentWriters || tables.takes(unit))
    }
    guard group.count > 1, let first = group.first else { return [] }
    var durations: [Duration] = []
    do throws(AdapterError) {
      try retrying(first) { () throws(AdapterError) in
        durations = try runInTransaction(group, until: .after(Self.groupTime))
      }
      history.noteCommit()
      return durations
    } catch {
      if error.isRetryable || operation.cancellation.isCancelled { throw error }
      return nil
    }
  }

  private func runInTransaction(
    _ units: ArraySlice<MigrationUnit>, until end: Deadline
  ) throws(AdapterError) -> [Duration] {
    var durations: [Duration] = []
    try database.transaction(.write) { () throws(AdapterError) in
      try lock.confirm()
      try history.createIfMissing()
      for unit in units where !end.isPassed {
        let start = MonotonicInstant.now
        for step in unit.steps { try runWithinTransaction(step, start) }
        durations.append(MonotonicInstant.now.since(start))
      }
    }
    return durations
  }

  /// Runs a unit to its end. When it throws, a transactional unit left nothing behind, and the
  /// journal of another one says how many of its statements are done.
  func run(_ unit: MigrationUnit) throws(AdapterError) -> Duration {
    let start = MonotonicInstant.now
    if unit.isTransactional {
      // Outside of the transaction what is seen stays true.
      _ = try history.exists()
      try retrying(unit) { () throws(AdapterError) in try runInTransaction(unit, start) }
      history.noteCommit()
    } else {
      for step in unit.steps { try runJournaled(step, start) }
    }
    return MonotonicInstant.now.since(start)
  }

  private func retrying(
    _ unit: MigrationUnit, _ body: () throws(AdapterError) -> Void
  ) throws(AdapterError) {
    try retrying(unit.steps.map(\.migration.label).joined(separator: ", "), body)
  }

  /// Runs what leaves nothing when it fails, and runs it again when others held a lock that it needs.
  private func retrying(
    _ label: String, _ body: () throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let policy = Retry.Policy(
      attempts: .max, firstDelay: .milliseconds(100), maximumDelay: .seconds(3), budget: patience)
    var isTold = false
    do throws(AdapterError) {
      try Retry(policy, operation).run { () throws(AdapterError) in
        do throws(AdapterError) {
          try body()
        } catch {
          if error.isRetryable, !isTold, !operation.cancellation.isCancelled {
            isTold = true
            operation.note("\(label) is held up, and tried again: \(error.message)")
          }
          throw error
        }
      }
    } catch {
      guard error.isRetryable else { throw error }
      var error = error
      error.hint = "another session is in the way; end it, or raise --lock-timeout"
      throw error
    }
  }

  // MARK: In a transaction

  private func runInTransaction(
    _ unit: MigrationUnit, _ start: MonotonicInstant
  ) throws(AdapterError) {
    try withForeignKeys(suspended: unit.suspendsForeignKeys) { () throws(AdapterError) in
      try database.transaction(.write) { () throws(AdapterError) in
        try lock.confirm()
        let check = try beginKeyCheck(unit)
        try history.createIfMissing()
        for step in unit.steps { try runWithinTransaction(step, start) }
        try check()
      }
    }
  }

  private func runWithinTransaction(
    _ step: MigrationStep, _ start: MonotonicInstant
  ) throws(AdapterError) {
    for statement in step.statements {
      do throws(AdapterError) {
        try run(statement)
        guard database.isInTransaction else {
          throw AdapterError(
            .failed, "the statement ended the migration's transaction",
            position: statement.position, hint: "say transaction:false")
        }
      } catch {
        throw explain(error, step)
      }
    }
    try record(step, since: start)
  }

  private func record(_ step: MigrationStep, since start: MonotonicInstant) throws(AdapterError) {
    switch step.direction {
    case .up: try history.replace(row(of: step, .applied, since: start))
    case .down: try history.delete(row(of: step, .reverting, since: start))
    }
  }

  private func row(
    of step: MigrationStep, _ state: AppliedMigration.State, since start: MonotonicInstant
  ) -> AppliedMigration {
    let elapsed = MonotonicInstant.now.since(start).inNanoseconds / 1_000_000
    let count = step.doneStatements + step.statements.count
    return AppliedMigration(
      version: step.recordedVersion, name: step.migration.name,
      checksum: step.migration.checksum, state: state,
      statements: state == .applied ? count : step.doneStatements,
      appliedAt: UTCTime.now.iso8601, durationMilliseconds: elapsed, source: step.migration.source)
  }

  private func run(_ text: SQLText) throws(AdapterError) {
    let statement = try database.prepare(text)
    guard statement.parameters.isEmpty else {
      throw AdapterError(
        .data, "a migration's statement cannot have parameters", position: text.position,
        hint: "put text that contains ?, : or $ in single quotes")
    }
    _ = try statement.run(into: nil)
  }

  private func explain(_ error: AdapterError, _ step: MigrationStep) -> AdapterError {
    var error = error
    if error.kind == .failed && error.message.contains("transaction") && step.isTransactional {
      error.hint = "say -- migrate:\(step.direction.rawValue) transaction:false"
    }
    error.details.append(
      step.direction == .up
        ? "\(step.migration.label) was rolled back and is not applied"
        : "\(step.migration.label) was rolled back and is still applied")
    return error
  }

  // MARK: Foreign keys

  /// Enforcement cannot be switched within a transaction, so it is around it, and restored
  /// whatever happens.
  private func withForeignKeys(
    suspended: Bool, _ body: () throws(AdapterError) -> Void
  ) throws(AdapterError) {
    guard suspended, let keys = database.foreignKeys, try keys.isEnforced() else {
      return try body()
    }
    try keys.setEnforced(false)
    do throws(AdapterError) {
      try body()
    } catch {
      try? keys.setEnforced(true)
      throw error
    }
    try keys.setEnforced(true)
  }

  /// Notes what is broken before; the returned check throws when more is broken afterwards.
  private func beginKeyCheck(
    _ unit: MigrationUnit
  ) throws(AdapterError) -> () throws(AdapterError) -> Void {
    guard unit.suspendsForeignKeys, let keys = database.foreignKeys else {
      return { () throws(AdapterError) in }
    }
    let before = Set(try keys.violations())
    return { () throws(AdapterError) in
      let broken = try keys.violations().filter { !before.contains($0) }
      guard broken.isEmpty else {
        let labels = unit.steps.map(\.migration.label).joined(separator: ", ")
        throw AdapterError(
          .failed, "\(labels) breaks foreign keys and was rolled back",
          details: Array(broken.prefix(5))
            + (broken.count > 5 ? ["and \(broken.count - 5) more"] : []))
      }
    }
  }

  // MARK: Outside a transaction

  private func runJournaled(
    _ step: MigrationStep, _ start: MonotonicInstant
  ) throws(AdapterError) {
    let keys = database.foreignKeys
    let wereEnforced = try keys?.isEnforced()
    // The file's settings are not those of the files after it.
    defer { if let wereEnforced { try? keys?.setEnforced(wereEnforced) } }
    let state: AppliedMigration.State = step.direction == .up ? .applying : .reverting
    let journal = row(of: step, state, since: start)
    let isHistoryNew = try !history.exists()
    let original =
      history.mayHold(journal.version) ? try history.load(journal.version).first : nil
    if isHistoryNew || history.mayHold(journal.version) {
      try database.transaction(.write) { () throws(AdapterError) in
        try lock.confirm()
        try history.createIfMissing()
        try history.replace(journal)
      }
    } else {
      try write { () throws(AdapterError) in try history.insert(journal) }
    }
    history.noteCommit()
    var isRecorded = false
    for (index, statement) in step.statements.enumerated() {
      do throws(AdapterError) {
        let done = step.doneStatements + index + 1
        try runJournaled(step, statement) { isAlone throws(AdapterError) in
          // With the last of them the migration is done.
          isRecorded = isAlone && index + 1 == step.statements.count
          if isRecorded { return try finish(step, since: start) }
          try history.record(journal, state: state, statements: done)
        }
      } catch {
        // The file's own BEGIN; the journal goes back to where that began.
        if database.isInTransaction { database.rollback() }
        let settled = settle(error, step, journal, original)
        if isHistoryNew, let rows = try? history.load(), rows.isEmpty {
          try? history.drop()
          database.discardIfNew()
        }
        throw settled
      }
    }
    if database.isInTransaction {
      database.rollback()
      throw AdapterError(
        .data, "\(step.migration.label) leaves its transaction open",
        position: step.statements.last?.position, hint: "end it with COMMIT")
    }
    guard !isRecorded else { return }
    try write { () throws(AdapterError) in try finish(step, since: start) }
  }

  /// Ends the journal of a step.
  private func finish(_ step: MigrationStep, since start: MonotonicInstant) throws(AdapterError) {
    switch step.direction {
    case .up: try history.finish(row(of: step, .applied, since: start))
    case .down: try history.delete(row(of: step, .reverting, since: start))
    }
  }

  /// Writes to the history by one statement, which is a transaction by itself unless the lock must be
  /// confirmed within.
  private func write(_ body: () throws(AdapterError) -> Void) throws(AdapterError) {
    guard lock.mayBeLost else {
      try body()
      // Where the session was told not to commit (init_connect).
      if database.isInTransaction { try database.commit() }
      return
    }
    try database.transaction(.write) { () throws(AdapterError) in
      try lock.confirm()
      try body()
    }
  }

  /// Runs a statement with its entry in the journal, again when it was held up and left nothing.
  private func runJournaled(
    _ step: MigrationStep, _ statement: SQLText, _ record: (Bool) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let index = ConcurrentIndex(statement, on: database)
    let isAlone = !database.isInTransaction
    if isAlone { try lock.confirm() }
    do throws(AdapterError) {
      if isAlone, index == nil, statement.leavesNothingWhenItFails(in: database.dialect) {
        try retrying(step.migration.label) { () throws(AdapterError) in
          try withJournal(step, statement, record)
        }
      } else {
        try withJournal(step, statement, record)
      }
    } catch {
      var error = error
      index?.explain(&error)
      throw error
    }
    try index?.check()
  }

  /// Runs a statement and its entry in the journal in one transaction where that makes no difference
  /// to the statement: it is done if and only if the journal says so, even when nb is killed in between.
  /// `record` writes the entry and hears whether no transaction of the file's own is open.
  private func withJournal(
    _ step: MigrationStep, _ statement: SQLText, _ record: (Bool) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let section = step.migration.section(step.direction)
    guard !database.isInTransaction, statement.transactionControl(in: database.dialect) == nil,
      section?.isTransactional == true || statement.isFitForTransaction(in: database.dialect)
    else {
      try run(statement)
      return try record(false)
    }
    // A server without transactional DDL commits before a definition and after it: no transaction
    // can hold both.
    let commitsItself =
      !database.dialect.hasTransactionalDDL && statement.isDefinition(in: database.dialect)
    if commitsItself {
      try run(statement)
      return try write { () throws(AdapterError) in try record(true) }
    }
    try database.transaction(.write) { () throws(AdapterError) in
      try lock.confirm()
      try run(statement)
      try record(true)
    }
  }

  /// Undoes the journal when nothing is done yet; otherwise says how far the file came.
  private func settle(
    _ failure: AdapterError, _ step: MigrationStep, _ journal: AppliedMigration,
    _ original: AppliedMigration?
  ) -> AdapterError {
    var error = failure
    // After Ctrl-C nothing can be read or settled; the next run finds the journal as it is.
    guard let rows = try? history.load(journal.version) else { return error }
    let done = rows.first?.statements ?? 0
    if done == 0 {
      try? database.transaction(.write) { () throws(AdapterError) in
        try history.delete(journal)
        if let original { try history.insert(original) }
      }
    } else {
      let total = step.doneStatements + step.statements.count
      error.details.append(
        "\(done) of the \(total) statements of \(step.migration.label) are done; the next "
          + "nb db migrate \(step.direction.rawValue) goes on after them")
    }
    return error
  }
}

extension SQLText {
  /// Whether a failure undoes all of the statement: a procedure may have committed by itself.
  fileprivate func leavesNothingWhenItFails(in dialect: SQLDialect) -> Bool {
    isFitForTransaction(in: dialect) || isDefinition(in: dialect)
  }

  fileprivate func isDefinition(in dialect: SQLDialect) -> Bool {
    switch firstWords(1, in: dialect).first {
    case "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE": true
    default: false
    }
  }

  /// Whether the statement does the same in a transaction of its own as outside of any, as far as its
  /// first words tell.
  fileprivate func isFitForTransaction(in dialect: SQLDialect) -> Bool {
    let words = firstWords(2, in: dialect)
    switch words.first {
    case "INSERT", "UPDATE", "DELETE", "REPLACE", "WITH": return true
    case "CREATE", "DROP", "ALTER":
      guard dialect.hasTransactionalDDL, words.count == 2,
        ["TABLE", "VIEW", "TRIGGER", "INDEX", "UNIQUE"].contains(words[1])
      else { return false }
      return !text.uppercased().contains("CONCURRENTLY")
    default: return false
    }
  }
}
