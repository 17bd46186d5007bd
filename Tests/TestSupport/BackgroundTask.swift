import Foundation

/// Work on a thread of its own, with its error.
public final class BackgroundTask: @unchecked Sendable {
  private let started = DispatchSemaphore(value: 0)
  private let done = DispatchSemaphore(value: 0)
  private var error: (any Error)?

  public init(_ body: @escaping @Sendable () throws -> Void) {
    Thread.detachNewThread { [self] in
      started.signal()
      do { try body() } catch { self.error = error }
      done.signal()
    }
  }

  public func untilStarted() { started.wait() }

  /// Waits for its end and throws what it threw.
  public func finish() throws {
    done.wait()
    if let error { throw error }
  }
}

/// A value that a test hands to another thread on its own responsibility.
public struct Unchecked<Wrapped>: @unchecked Sendable {
  public let value: Wrapped

  public init(_ value: Wrapped) { self.value = value }
}

/// A flag that threads share.
public final class Flag: @unchecked Sendable {
  private let lock = NSLock()
  private var value = false

  public init() {}

  public var isSet: Bool { lock.withLock { value } }

  public func set() { lock.withLock { value = true } }
}
