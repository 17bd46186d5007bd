import Platform

/// Resources that are costly to make (connections), shared by threads: each is used by one thread
/// at a time and kept for the next.
///
/// Whoever waits longest is served first. A resource is never handed out when it is too old or fails
/// its health check, and one whose use threw is checked before the next use.
public final class Pool<Resource>: @unchecked Sendable {
  public struct Limits: Equatable, Sendable {
    /// How many are kept when nobody uses them.
    public var size: Int
    /// How many more may be in use at once; they are closed when they come back.
    public var overflow: Int
    /// How long to wait for one; nil: as long as the operation may.
    public var acquireTimeout: Duration?
    /// A resource older than this is closed instead of handed out; nil: any age.
    public var recycleAge: Duration?
    /// A resource idle for longer than this is checked before it is handed out.
    public var checkAfterIdle: Duration
    /// A resource idle for longer than this is closed when another one comes back; nil: never.
    public var idleTimeout: Duration?

    public init(
      size: Int = 4, overflow: Int = 0, acquireTimeout: Duration? = .seconds(30),
      recycleAge: Duration? = nil, checkAfterIdle: Duration = .seconds(1),
      idleTimeout: Duration? = .seconds(300)
    ) {
      self.size = size
      self.overflow = overflow
      self.acquireTimeout = acquireTimeout
      self.recycleAge = recycleAge
      self.checkAfterIdle = checkAfterIdle
      self.idleTimeout = idleTimeout
    }
  }

  /// How resources are made, tested and ended. All run outside the pool's lock, on the thread that
  /// asks.
  public struct Lifecycle: Sendable {
    let open: @Sendable (OperationContext) throws(AdapterError) -> Resource
    let isHealthy: @Sendable (Resource) -> Bool
    let close: @Sendable (Resource) -> Void

    public init(
      open: @escaping @Sendable (OperationContext) throws(AdapterError) -> Resource,
      isHealthy: @escaping @Sendable (Resource) -> Bool,
      close: @escaping @Sendable (Resource) -> Void
    ) {
      self.open = open
      self.isHealthy = isHealthy
      self.close = close
    }
  }

  /// A resource between two uses.
  private struct Entry {
    var resource: Resource
    var openedAt: MonotonicInstant
    var idleSince: MonotonicInstant
    /// Its last use threw.
    var isSuspect = false
  }

  /// What a thread that asked was given.
  private enum Grant {
    case idle(Entry)
    /// The right to open one.
    case slot
  }

  /// A thread in the queue.
  private final class Waiter {}

  private let limits: Limits
  private let lifecycle: Lifecycle
  private let now: @Sendable () -> MonotonicInstant
  /// Guards everything below.
  private let condition = Condition()
  /// The one used last at the end, so that the others grow old and go.
  private var idle: [Entry] = []
  /// Opened and not closed yet, idle or in use, and rights to open one.
  private var count = 0
  private var queue: [Waiter] = []
  private var isClosed = false

  public convenience init(_ limits: Limits, _ lifecycle: Lifecycle) {
    self.init(limits, lifecycle, now: { .now })
  }

  init(_ limits: Limits, _ lifecycle: Lifecycle, now: @escaping @Sendable () -> MonotonicInstant) {
    self.limits = limits
    self.lifecycle = lifecycle
    self.now = now
  }

  deinit { close() }

  /// Runs `body` with a resource that no other thread uses meanwhile.
  ///
  /// Throws `temporary` (retryable) when the acquire timeout passes, `timeout` and `cancelled` as the
  /// operation does, `unavailable` once the pool is closed, and what opening or `body` throws.
  @discardableResult
  public func withResource<Result>(
    _ operation: OperationContext, _ body: (Resource) throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    var entry = try acquire(operation)
    do throws(AdapterError) {
      let result = try body(entry.resource)
      release(entry)
      return result
    } catch {
      entry.isSuspect = true
      release(entry)
      throw error
    }
  }

  /// Closes what is idle; the resources in use go on.
  public func closeIdle() {
    let entries = condition.withLock {
      defer {
        count -= idle.count
        idle = []
        condition.wakeAll()
      }
      return idle
    }
    for entry in entries { lifecycle.close(entry.resource) }
  }

  /// Closes what is idle, and whatever comes back from now on; those who wait get `unavailable`.
  public func close() {
    condition.withLock { isClosed = true }
    closeIdle()
  }

  /// Resources that are open, and those being opened.
  public var openCount: Int { condition.withLock { count } }

  /// Resources that nobody uses.
  public var idleCount: Int { condition.withLock { idle.count } }

  /// Threads that wait for a resource.
  public var waiterCount: Int { condition.withLock { queue.count } }

  // MARK: - Taking

  private func acquire(_ operation: OperationContext) throws(AdapterError) -> Entry {
    while true {
      switch try waitForGrant(operation) {
      case .slot: return try open(operation)
      case .idle(let entry):
        if isUsable(entry) { return entry }
        // Its place in the count becomes the right to open another.
        lifecycle.close(entry.resource)
        return try open(operation)
      }
    }
  }

  private func open(_ operation: OperationContext) throws(AdapterError) -> Entry {
    do throws(AdapterError) {
      let resource = try lifecycle.open(operation)
      let instant = now()
      return Entry(resource: resource, openedAt: instant, idleSince: instant)
    } catch {
      condition.withLock {
        count -= 1
        condition.wakeAll()
      }
      throw error
    }
  }

  private func isUsable(_ entry: Entry) -> Bool {
    let instant = now()
    if let age = limits.recycleAge, instant.since(entry.openedAt) > age { return false }
    let needsCheck = entry.isSuspect || instant.since(entry.idleSince) > limits.checkAfterIdle
    return !needsCheck || lifecycle.isHealthy(entry.resource)
  }

  private func waitForGrant(_ operation: OperationContext) throws(AdapterError) -> Grant {
    let limit = limits.acquireTimeout.map(Deadline.after) ?? .never
    let deadline = limit.earlier(of: operation.deadline)
    // Wakes all: the cancelled one is somewhere among them.
    let registration = operation.cancellation.addHandler { [condition] in
      condition.withLock { condition.wakeAll() }
    }
    defer { operation.cancellation.removeHandler(registration) }
    let (grant, surplus) = condition.withLock {
      let grant = queueForGrant(until: deadline, operation.cancellation)
      return (grant, takeSurplus())
    }
    for entry in surplus { lifecycle.close(entry.resource) }
    if let grant { return grant }
    try operation.cancellation.check()
    if operation.deadline.isPassed { throw Cancellation.error(for: .timeout) }
    if condition.withLock({ isClosed }) {
      throw AdapterError(.unavailable, "the pool of connections is closed")
    }
    throw AdapterError(
      .temporary, "all \(limits.size + limits.overflow) connections are in use",
      hint: "raise the pool's size, or wait longer for a connection", isRetryable: true)
  }

  /// Under the lock: waits for its turn and for something to take; nil when it must give up.
  private func queueForGrant(until deadline: Deadline, _ cancellation: Cancellation) -> Grant? {
    let waiter = Waiter()
    queue.append(waiter)
    defer {
      queue.removeAll { $0 === waiter }
      // The next in the queue may find something left.
      condition.wakeAll()
    }
    while !isClosed && !cancellation.isCancelled {
      if queue.first === waiter, let grant = takeGrant() { return grant }
      if deadline.isPassed { return nil }
      condition.wait(until: deadline.instant)
    }
    return nil
  }

  /// Under the lock, for the first in the queue.
  private func takeGrant() -> Grant? {
    if let entry = idle.popLast() { return .idle(entry) }
    guard count < limits.size + limits.overflow else { return nil }
    count += 1
    return .slot
  }

  // MARK: - Giving back

  private func release(_ entry: Entry) {
    var entry = entry
    entry.idleSince = now()
    let surplus = condition.withLock {
      idle.append(entry)
      condition.wakeAll()
      return takeSurplus()
    }
    for entry in surplus { lifecycle.close(entry.resource) }
  }

  /// Under the lock: takes out what is idle and not to be kept, the longest idle first; all of it
  /// once the pool is closed, nothing while someone waits.
  private func takeSurplus() -> [Entry] {
    guard queue.isEmpty || isClosed else { return [] }
    var surplus: [Entry] = []
    let instant = now()
    while let oldest = idle.first {
      let isStale = limits.idleTimeout.map { instant.since(oldest.idleSince) > $0 } ?? false
      guard isClosed || isStale || count > limits.size else { break }
      surplus.append(idle.removeFirst())
      count -= 1
    }
    return surplus
  }
}
