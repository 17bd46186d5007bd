import AdapterCore
import Foundation
import TestSupport
import Testing

/// Transactions, locks and stopping, on every backend.
@Suite struct SQLTransactionContract {
  private func makeCounter(_ backend: SQLBackend) throws -> any ScratchDatabase {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute(
      "CREATE TABLE n (id \(backend.types.integer) PRIMARY KEY, v \(backend.types.integer))")
    try database.execute("INSERT INTO n (id, v) VALUES (1, 0)")
    return scratch
  }

  @Test(arguments: SQLBackend.all)
  func othersSeeATransactionOnlyOnceItIsCommitted(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let (writer, reader) = (try scratch.open(), try scratch.open(.read))
    try writer.begin(.write)
    #expect(writer.isInTransaction)
    try writer.execute("UPDATE n SET v = 1")
    #expect(try reader.rows("SELECT v FROM n") == [[.int(0)]])
    try writer.commit()
    #expect(!writer.isInTransaction)
    #expect(try reader.rows("SELECT v FROM n") == [[.int(1)]])
  }

  @Test(arguments: SQLBackend.all)
  func rollbackLeavesNoTraceAndMayBeCalledAtAnyTime(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let database = try scratch.open()
    try database.begin(.write)
    try database.execute("UPDATE n SET v = 1")
    if database.dialect.hasTransactionalDDL {
      try database.execute("CREATE TABLE other (a \(backend.types.integer))")
    }
    database.rollback()
    database.rollback()
    #expect(!database.isInTransaction)
    #expect(try database.rows("SELECT v FROM n") == [[.int(0)]])
    #expect(try database.schema(table: nil).tables.map(\.name.name) == ["n"])
  }

  @Test(arguments: SQLBackend.all)
  func anErrorInsideATransactionRollsItBack(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let database = try scratch.open()
    let error = try #require(throws: AdapterError.self) {
      try database.transaction(.write) { () throws(AdapterError) in
        try database.execute("UPDATE n SET v = 1")
        try database.execute("INSERT INTO n (id, v) VALUES (1, 2)")
      }
    }
    #expect(error.kind == .failed)
    #expect(!database.isInTransaction)
    #expect(try database.rows("SELECT v FROM n") == [[.int(0)]])
  }

  @Test(arguments: SQLBackend.all)
  func aSecondBeginIsRefusedAndTheFirstGoesOn(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let database = try scratch.open()
    try database.begin(.write)
    try database.execute("UPDATE n SET v = 1")
    #expect(throws: AdapterError.self) { try database.begin(.write) }
    #expect(database.isInTransaction)
    try database.commit()
    #expect(try database.rows("SELECT v FROM n") == [[.int(1)]])
    #expect(throws: AdapterError.self) { try database.commit() }
  }

  @Test(arguments: SQLBackend.all)
  func aReadTransactionSeesOneState(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let (reader, writer) = (try scratch.open(), try scratch.open(settings: backend.impatient))
    try reader.begin(.read)
    #expect(try reader.rows("SELECT v FROM n") == [[.int(0)]])
    // Some engines make the writer wait instead; either way the reader's view is one.
    _ = try? writer.transaction(.write) { () throws(AdapterError) in
      try writer.execute("UPDATE n SET v = 1")
    }
    #expect(try reader.rows("SELECT v FROM n") == [[.int(0)]])
    try reader.commit()
  }

  @Test(arguments: SQLBackend.all)
  func aLockThatIsNotReleasedIsATemporaryError(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let (holder, other) = (try scratch.open(), try scratch.open(settings: backend.impatient))
    try holder.begin(.write)
    try holder.execute("UPDATE n SET v = 1 WHERE id = 1")
    let error = try #require(throws: AdapterError.self) {
      try other.transaction(.write) { () throws(AdapterError) in
        try other.execute("UPDATE n SET v = 2 WHERE id = 1")
      }
    }
    #expect(error.kind == .temporary)
    #expect(error.isRetryable)
    #expect(error.hint != nil)
    try holder.commit()
    try other.execute("UPDATE n SET v = v + 1 WHERE id = 1")
    #expect(try other.rows("SELECT v FROM n") == [[.int(2)]])
  }

  @Test(.timeLimit(.minutes(10)), arguments: SQLBackend.all)
  func aLockIsWaitedFor(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let holder = try scratch.open()
    try holder.begin(.write)
    try holder.execute("UPDATE n SET v = 1 WHERE id = 1")
    let waiter = BackgroundTask {
      let other = try scratch.open()
      try other.execute("UPDATE n SET v = v + 1 WHERE id = 1")
    }
    waiter.untilStarted()
    usleep(50_000)
    try holder.commit()
    try waiter.finish()
    #expect(try holder.rows("SELECT v FROM n") == [[.int(2)]])
  }

  // MARK: Stopping

  @Test(
    .timeLimit(.minutes(10)), arguments: SQLBackend.all,
    [Cancellation.Reason.signal(2), Cancellation.Reason.timeout])
  func cancellingStopsARunningStatement(
    _ backend: SQLBackend, _ reason: Cancellation.Reason
  ) throws {
    let scratch = try backend.makeDatabase()
    let operation = OperationContext()
    let canceller = BackgroundTask {
      usleep(200_000)
      operation.cancellation.cancel(reason)
    }
    let database = try scratch.open(operation: operation)
    let error = try #require(throws: AdapterError.self) { try database.rows(backend.slowQuery) }
    #expect(error.kind == (reason == .timeout ? .timeout : .cancelled))
    try canceller.finish()
    // Nothing begins after that either.
    let later = try #require(throws: AdapterError.self) { try database.rows("SELECT 1") }
    #expect(later.kind == error.kind)
  }

  @Test(.timeLimit(.minutes(10)), arguments: SQLBackend.all)
  func interruptEndsOneStatementAndTheConnectionGoesOn(_ backend: SQLBackend) throws {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    let shared = Unchecked(database)
    let isDone = Flag()
    // An interrupt between two statements is lost, so it is repeated until it was seen.
    let interrupter = BackgroundTask {
      while !isDone.isSet {
        usleep(20_000)
        shared.value.interrupt()
      }
    }
    #expect(throws: AdapterError.self) { try database.rows(backend.slowQuery) }
    isDone.set()
    try interrupter.finish()
    #expect(try database.rows("SELECT 1") == [[.int(1)]])
  }

  @Test(.timeLimit(.minutes(10)), arguments: SQLBackend.all)
  func cancellingStopsAWaitForALock(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let holder = try scratch.open()
    try holder.begin(.write)
    try holder.execute("UPDATE n SET v = 1 WHERE id = 1")
    let operation = OperationContext()
    let other = try scratch.open(settings: backend.patient, operation: operation)
    let canceller = BackgroundTask {
      usleep(100_000)
      operation.cancellation.cancel(.signal(15))
    }
    let error = try #require(throws: AdapterError.self) {
      try other.execute("UPDATE n SET v = 2 WHERE id = 1")
    }
    #expect(error.kind == .cancelled)
    try canceller.finish()
    holder.rollback()
  }

  @Test(arguments: SQLBackend.all)
  func aCancelledTransactionIsNotCommitted(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let operation = OperationContext()
    let database = try scratch.open(operation: operation)
    let error = try #require(throws: AdapterError.self) {
      try database.transaction(.write) { () throws(AdapterError) in
        try database.execute("UPDATE n SET v = 1")
        operation.cancellation.cancel(.signal(2))
      }
    }
    #expect(error.kind == .cancelled)
    #expect(try scratch.open().rows("SELECT v FROM n") == [[.int(0)]])
  }

  // MARK: Migration lock

  @Test(arguments: SQLBackend.all)
  func oneConnectionAtATimeHoldsTheMigrationLock(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let (first, second) = (try scratch.open(), try scratch.open())
    let lock = try first.lockMigrations(wait: .after(.seconds(5)))
    let error = try #require(throws: AdapterError.self) {
      _ = try second.lockMigrations(wait: .after(.milliseconds(100)))
    }
    #expect(error.kind == .temporary)
    // Ordinary work goes on meanwhile.
    try second.execute("UPDATE n SET v = 1")
    lock.release()
    try second.lockMigrations(wait: .after(.seconds(5))).release()
  }

  @Test(.timeLimit(.minutes(10)), arguments: SQLBackend.all)
  func theMigrationLockIsWaitedFor(_ backend: SQLBackend) throws {
    let scratch = try makeCounter(backend)
    let first = try scratch.open()
    let lock = try first.lockMigrations(wait: .never)
    let waiter = BackgroundTask {
      let second = try scratch.open()
      try second.lockMigrations(wait: .after(.seconds(30))).release()
    }
    waiter.untilStarted()
    usleep(50_000)
    lock.release()
    try waiter.finish()
  }
}
