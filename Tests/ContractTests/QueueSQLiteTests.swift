import AdapterCore
import AdapterRegistry
import Foundation
import Platform
import SQLite
import TestSupport
import Testing

/// What only a queue in a file has to cope with: the lock that all share, and the file itself.
@Suite struct QueueSQLiteTests {
  private let scratch = Result { try QueueBackend.sqlite.makeBroker() }

  private func database(
    _ scratch: any ScratchBroker, _ access: SQLOpenOptions.Access = .write
  ) throws -> any SQLDatabase {
    try SQLiteAdapter.open(
      scratch.address, SQLOpenOptions(access: access), OperationContext())
  }

  // MARK: The lock

  @Test func aWaitForTheLockEndsWithTheOperation() throws {
    let scratch = try scratch.get()
    _ = try scratch.open(queue: "q")
    let operation = OperationContext()
    let broker = try scratch.open(.write, operation)
    let other = try database(scratch)
    try other.begin(.write)
    let stopper = BackgroundTask {
      sleepFor(.milliseconds(200))
      operation.cancellation.cancel(.signal(15))
    }
    let start = MonotonicInstant.now
    let error = #expect(throws: AdapterError.self) { try broker.publish(texts: "a") }
    #expect(error?.kind == .cancelled)
    #expect(MonotonicInstant.now.since(start) < .seconds(20))
    try stopper.finish()
    other.rollback()
    #expect(try scratch.open().consumer().receiveNow().isEmpty)
  }

  @Test func whatWasTakenIsSettledAfterASignalToo() throws {
    let scratch = try scratch.get()
    let operation = OperationContext()
    _ = try scratch.open(queue: "q")
    let broker = try scratch.open(.write, operation)
    try broker.publish(texts: "a", "b")
    let consumer = try broker.consumer()
    let held = try consumer.receiveNow()
    operation.cancellation.cancel(.signal(15))
    let other = try Unchecked(database(scratch))
    try other.value.begin(.write)
    let holder = BackgroundTask {
      sleepFor(.milliseconds(300))
      other.value.rollback()
    }
    #expect(try consumer.acknowledge([held[0]]) == [true])
    try holder.finish()
    // The other one is given back, and counts no attempt.
    consumer.close()
    let again = try scratch.open().consumer().receiveNow()
    #expect(again.map(\.text) == ["b"])
    #expect(again.map(\.attempt) == [1])
  }

  @Test func aTemporaryQueueIsDeletedAfterASignalToo() throws {
    let scratch = try scratch.get()
    let operation = OperationContext()
    let broker = try scratch.open(.create, operation)
    try broker.create("reply", QueueSettings(isTemporary: true))
    operation.cancellation.cancel(.timeout)
    try broker.delete("reply")
    #expect(try scratch.open().queues() == [])
  }

  @Test func aLockThatIsNotGivenUpNamesTheSetting() throws {
    let scratch = try scratch.get()
    _ = try scratch.open(queue: "q")
    var address = scratch.address
    address.settings.append(Target.Setting(key: "busy_timeout", value: "50ms"))
    let broker = try AdapterRegistry.openQueue(address, .write, OperationContext())
    let other = try database(scratch)
    try other.begin(.write)
    defer { other.rollback() }
    let error = #expect(throws: AdapterError.self) { try broker.publish(texts: "a") }
    #expect(error?.kind == .temporary)
    #expect(error?.hint?.contains("busy_timeout") == true)
  }

  // MARK: The file

  @Test func aFileThatIsRemovedUnderItsConsumerIsAnError() throws {
    let scratch = try scratch.get()
    let consumer = try scratch.open(queue: "q").consumer()
    #expect(try consumer.receiveNow().isEmpty)
    try FileManager.default.removeItem(atPath: scratch.address.path)
    let error = #expect(throws: AdapterError.self) {
      try consumer.receive(1, until: .after(.seconds(60)))
    }
    #expect(error?.kind == .notFound)
    #expect(error?.message.contains("was removed") == true)
  }

  @Test func aConsumerOfAQueueThatIsGoneGetsNothingOfTheNext() throws {
    let scratch = try scratch.get()
    let consumer = try scratch.open(queue: "q").consumer()
    let broker = try scratch.open()
    try broker.delete("q")
    try broker.create("q", QueueSettings())
    try broker.publish(texts: "a")
    #expect(throws: AdapterError.self) { try consumer.receiveNow() }
  }

  // MARK: Looking

  /// Among ready messages there are some whose time has just come.
  @Test func peekingGoesInTheOrderOfReceiving() throws {
    let scratch = try scratch.get()
    let broker = try scratch.open(queue: "q")
    let messages = (0..<600).map { number in
      var message = Message(Array("\(number)".utf8))
      message.priority = number % 7
      if number % 11 == 0 { message.delay = .milliseconds(10) }
      return message
    }
    _ = try broker.publish(messages, to: "q")
    sleepFor(.milliseconds(50))
    var seen: [String] = []
    try broker.peeking?.peek("q", group: nil, count: .max) { seen.append($0.text) }
    #expect(seen.count == 600)
    #expect(try broker.consumer().receiveNow(600).map(\.text) == seen)
  }

  @Test func nothingIsBeingReadWhileMessagesAreShown() throws {
    let scratch = try scratch.get()
    let broker = try scratch.open(queue: "q")
    try broker.publish(texts: "a", "b")
    let consumer = try broker.consumer()
    _ = try consumer.settle(
      try consumer.receiveNow(1).map { Settlement($0.receipt, .deadLetter(reason: "bad")) })
    let other = try database(scratch)
    var answers: [[Value]] = []
    try scratch.open(.read).peeking?.peek("q", group: nil, count: 1) { _ throws(AdapterError) in
      answers += try other.rows("PRAGMA wal_checkpoint(truncate)")
    }
    _ = try broker.publish(texts: "c")
    try broker.deadLetters?.list(of: "q", DeadLetterFilter(), count: nil) {
      _ throws(AdapterError) in
      answers += try other.rows("PRAGMA wal_checkpoint(truncate)")
    }
    // 0: nobody was in the way.
    #expect(answers.map(\.first) == [.int(0), .int(0)])
  }
}
