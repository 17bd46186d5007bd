import Platform

/// Threads that work on items handed to them: at most as many items wait as there are threads, so
/// that memory stays flat. The first error stops all.
public final class WorkerTeam<Item>: @unchecked Sendable {
  private let operation: OperationContext
  private let limit: Int
  private let work: @Sendable (Item) throws(AdapterError) -> Void
  /// Guards everything below.
  private let condition = Condition()
  private var waiting: [Item] = []
  private var spent: [Item] = []
  private var running = 0
  private var firstError: AdapterError?
  /// No more items come.
  private var isEnded = false

  /// Starts the threads; `work` runs on them.
  ///
  /// Throws `temporary` when the system has no thread left.
  public init(
    count: Int, name: String, _ operation: OperationContext,
    work: @escaping @Sendable (Item) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    self.operation = operation
    self.work = work
    limit = count
    for _ in 0..<count {
      do throws(Errno) {
        _ = try Thread(name: name) { [self] in run() }
        condition.withLock { running += 1 }
      } catch {
        abandon()
        throw AdapterError(
          .temporary, "cannot start a thread: \(error.message)", code: error.name,
          hint: "use fewer --jobs")
      }
    }
  }

  /// Hands an item to the next thread that is free; waits while enough are waiting.
  ///
  /// Throws the first error of the work, `cancelled` and `timeout`.
  public func submit(_ item: Item) throws(AdapterError) {
    try waitUntil { waiting.count < limit }
    condition.withLock {
      waiting.append(item)
      condition.wakeAll()
    }
  }

  /// An item that was worked on, to be used again; nil when there is none.
  public func takeSpent() -> Item? { condition.withLock { spent.popLast() } }

  /// Waits until all items are worked on, and the threads have ended.
  ///
  /// Throws the first error of the work, `cancelled` and `timeout`.
  public func finish() throws(AdapterError) {
    condition.withLock {
      isEnded = true
      condition.wakeAll()
    }
    try waitUntil { running == 0 }
  }

  /// Drops what is waiting and waits for what has begun.
  public func abandon() {
    condition.withLock {
      isEnded = true
      waiting = []
      condition.wakeAll()
      while running > 0 { condition.wait() }
    }
  }

  // MARK: - The caller's side

  private func waitUntil(_ isMet: () -> Bool) throws(AdapterError) {
    let registration = operation.cancellation.addHandler { [condition] in
      condition.withLock { condition.wakeAll() }
    }
    defer { operation.cancellation.removeHandler(registration) }
    let deadline = operation.deadline
    let error = condition.withLock {
      while firstError == nil, !isMet(), !operation.cancellation.isCancelled, !deadline.isPassed {
        condition.wait(until: deadline.instant)
      }
      return firstError
    }
    if let error { throw error }
    try operation.cancellation.check()
    if deadline.isPassed { throw Cancellation.error(for: .timeout) }
  }

  // MARK: - The threads' side

  private func run() {
    while let item = next() {
      do throws(AdapterError) {
        try work(item)
        condition.withLock {
          spent.append(item)
          condition.wakeAll()
        }
      } catch {
        fail(error)
      }
    }
    condition.withLock {
      running -= 1
      condition.wakeAll()
    }
  }

  /// The next item; nil at the end.
  private func next() -> Item? {
    condition.withLock {
      while waiting.isEmpty && !isEnded { condition.wait() }
      guard !waiting.isEmpty else { return nil }
      defer { condition.wakeAll() }
      return waiting.removeFirst()
    }
  }

  private func fail(_ error: AdapterError) {
    condition.withLock {
      if firstError == nil { firstError = error }
      isEnded = true
      waiting = []
      condition.wakeAll()
    }
  }
}
