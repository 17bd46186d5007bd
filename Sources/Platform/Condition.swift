import Glibc

/// A lock with a condition to wait for (pthread_cond_timedwait(3) on the monotonic clock).
///
/// What it guards is changed inside `withLock`; `wait` may return without cause, so it stands in a
/// loop that looks at the condition again.
public final class Condition: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  public init() {
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Runs `body` with the lock held; not recursive.
  public func withLock<Result>(_ body: () -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body()
  }

  /// Releases the lock, waits for a wake-up, and takes the lock again; only inside `withLock`.
  /// Returns false when `instant` has passed; nil waits without end.
  @discardableResult
  public func wait(until instant: MonotonicInstant? = nil) -> Bool {
    guard let instant else { return pthread_cond_wait(condition, mutex) == 0 }
    var time = timespec()
    time.tv_sec = Int(instant.nanoseconds / 1_000_000_000)
    time.tv_nsec = Int(instant.nanoseconds % 1_000_000_000)
    return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
  }

  /// Wakes one thread that waits.
  public func wakeOne() { pthread_cond_signal(condition) }

  /// Wakes all threads that wait.
  public func wakeAll() { pthread_cond_broadcast(condition) }
}
