import Foundation

/// Work on a thread of its own, with its error.
final class BackgroundTask: @unchecked Sendable {
  private let started = DispatchSemaphore(value: 0)
  private let done = DispatchSemaphore(value: 0)
  private var error: (any Error)?

  init(_ body: @escaping @Sendable () throws -> Void) {
    Thread.detachNewThread { [self] in
      started.signal()
      do { try body() } catch { self.error = error }
      done.signal()
    }
  }

  func untilStarted() { started.wait() }

  /// Waits for its end and throws what it threw.
  func finish() throws {
    done.wait()
    if let error { throw error }
  }
}

/// A value that a test hands to another thread on its own responsibility.
struct Unchecked<Wrapped>: @unchecked Sendable {
  let value: Wrapped

  init(_ value: Wrapped) { self.value = value }
}

/// A flag that threads share.
final class Flag: @unchecked Sendable {
  private let lock = NSLock()
  private var value = false

  var isSet: Bool { lock.withLock { value } }

  func set() { lock.withLock { value = true } }
}
