import CPosix
import Glibc

/// A descriptor that becomes readable, for poll(2), when something happened (eventfd(2)).
public struct WakeEvent: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  /// With no descriptor left (EMFILE) the event is never readable, and waits end at their deadline.
  public init() {
    descriptor = FileDescriptor(owning: nb_wake_descriptor())
  }

  /// What to poll.
  public var rawValue: Int32 { descriptor.rawValue }

  /// Makes the descriptor readable.
  public func set() { nb_wake(descriptor.rawValue) }

  /// Makes it unreadable again, until the next `set`.
  public func clear() {
    var count: UInt64 = 0
    _ = read(descriptor.rawValue, &count, MemoryLayout.size(ofValue: count))
  }
}
