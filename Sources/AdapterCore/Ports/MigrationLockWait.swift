import Platform

extension OperationContext {
  /// Polls `tryLock` until it has the lock on migrations; says after a second who has it.
  ///
  /// Polled rather than waited for, so that the wait can be stopped and holds up nothing on the server.
  /// Throws `temporary` when `wait` passes.
  public func waitForMigrationLock(
    on database: String, until wait: Deadline,
    holder: () throws(AdapterError) -> MigrationLockHolder?,
    tryLock: () throws(AdapterError) -> Bool
  ) throws(AdapterError) {
    var pause = Duration.milliseconds(10)
    let patience = Deadline.after(.seconds(1))
    var isTold = false
    while try !tryLock() {
      try cancellation.check()
      if wait.isPassed { throw Self.lockedError(database, try holder()) }
      if patience.isPassed, !isTold, let other = try holder() {
        isTold = true
        note("waiting for \(other.name), which is migrating \(database)")
      }
      try sleep(for: wait.remaining.map { min($0, pause) } ?? pause)
      pause = min(pause * 2, .milliseconds(500))
    }
  }

  private static func lockedError(
    _ database: String, _ holder: MigrationLockHolder?
  ) -> AdapterError {
    let who = holder?.name ?? "another session"
    let end = holder?.ending.map { ", end it (\($0))" } ?? ""
    return AdapterError(
      .temporary, "\(who) is migrating \(database)",
      hint: "wait for it\(end), or raise --lock-timeout", isRetryable: true)
  }
}

/// Who has a lock on migrations.
public struct MigrationLockHolder: Equatable, Sendable {
  /// For messages: `process 4711 (nb, user app, 10.0.0.7)`.
  public var name: String
  /// The statement that ends its session; nil where there is none.
  public var ending: String?

  public init(name: String, ending: String? = nil) {
    self.name = name
    self.ending = ending
  }
}
