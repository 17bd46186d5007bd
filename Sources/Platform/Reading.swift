import Glibc

/// Reads up to `buffer.count` bytes (read(2)); 0 at the end of the input.
public func readSome(
  from descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
) throws(Errno) -> Int {
  try valueOrErrno { read(descriptor, buffer.baseAddress, buffer.count) }
}

/// Waits until `descriptor` can be read or has ended (poll(2)); false when `timeout` passed first
/// or a signal arrived. Regular files are always ready.
public func waitUntilReadable(
  _ descriptor: Int32, timeout: Duration
) throws(Errno) -> Bool {
  var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  let milliseconds = Int32(clamping: timeout.inNanoseconds / 1_000_000)
  do throws(Errno) {
    return try valueOrErrno(retryOnInterrupt: false) { poll(&request, 1, milliseconds) } > 0
  } catch {
    if error == .interrupted { return false }
    throw error
  }
}

/// What ended a wait for a descriptor.
public enum WaitResult: Equatable, Sendable {
  case ready
  /// The wake event was set.
  case woken
  case timeout
}

/// What a descriptor is waited for.
public struct Readiness: OptionSet, Sendable {
  public let rawValue: Int16

  public init(rawValue: Int16) { self.rawValue = rawValue }

  public static let readable = Readiness(rawValue: Int16(POLLIN))
  public static let writable = Readiness(rawValue: Int16(POLLOUT))
}

/// Whether a write of at most 4 KiB would not wait (poll(2), pipe(7)).
public func isWritableNow(_ descriptor: Int32) -> Bool {
  var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
  return poll(&request, 1, 0) != 0
}

/// Waits until `descriptor` is as wanted or has ended, `wake` is set, or `instant` has passed; a
/// signal does not end the wait (poll(2)). A descriptor of -1 is never ready: that is a sleep.
public func waitUntilReady(
  _ descriptor: Int32, for readiness: Readiness, wake: borrowing WakeEvent,
  until instant: MonotonicInstant?
) throws(Errno) -> WaitResult {
  let wakeDescriptor = wake.rawValue
  while true {
    var requests = (
      pollfd(fd: wakeDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: descriptor, events: readiness.rawValue, revents: 0)
    )
    try valueOrErrno {
      withUnsafeMutableBytes(of: &requests) { bytes in
        poll(
          bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2, pollTimeout(until: instant))
      }
    }
    if requests.0.revents != 0 { return .woken }
    if requests.1.revents != 0 { return .ready }
    if let instant, instant <= .now { return .timeout }
  }
}

/// `waitUntilReady` for reading.
public func waitUntilReadable(
  _ descriptor: Int32, wake: borrowing WakeEvent, until instant: MonotonicInstant?
) throws(Errno) -> WaitResult {
  try waitUntilReady(descriptor, for: .readable, wake: wake, until: instant)
}

/// What a read that can be stopped ended with.
public enum ReadResult: Equatable, Sendable {
  /// How many bytes were read; 0 at the end of the input.
  case bytes(Int)
  /// The wake event was set.
  case woken
  case timeout
}

/// Reads what is there (read(2)) as soon as there is something, unless `wake` is set or `instant`
/// passes first.
public func readWhenReady(
  into buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32,
  wake: borrowing WakeEvent, until instant: MonotonicInstant?
) throws(Errno) -> ReadResult {
  switch try waitUntilReadable(descriptor, wake: wake, until: instant) {
  case .woken: .woken
  case .timeout: .timeout
  case .ready: .bytes(try readSome(from: descriptor, into: buffer))
  }
}
