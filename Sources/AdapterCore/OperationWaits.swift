import Platform

/// The waits of nb's own: each ends at once when the operation is cancelled.
extension OperationContext {
  /// Reads what is there, at most `buffer.count` bytes; 0 at the end of the input (read(2)).
  ///
  /// Throws `cancelled` or `timeout` instead of waiting longer than the operation may, and `io` as
  /// "cannot read NAME: …".
  public func read(
    into buffer: UnsafeMutableRawBufferPointer, from descriptor: Int32, named name: String
  ) throws(AdapterError) -> Int {
    cancellation.watch()
    while true {
      let result: ReadResult
      do throws(Errno) {
        result = try readWhenReady(
          into: buffer, from: descriptor, wake: cancellation.wakeEvent,
          until: nextLook(before: deadline.instant))
      } catch {
        throw AdapterError(error, reading: name)
      }
      if case .bytes(let count) = result { return count }
      // It may have been the alarm alone.
      cancellation.ringIfDue()
      guard result == .timeout, !deadline.isPassed else { throw stopError }
    }
  }

  /// Waits for `duration`; throws `cancelled` or `timeout` when the operation must stop first.
  public func sleep(for duration: Duration) throws(AdapterError) {
    cancellation.watch()
    let end = MonotonicInstant.now.advanced(by: duration)
    let last = min(end, deadline.instant ?? end)
    // A descriptor of -1 is never ready: nothing but the wake event ends this early.
    var result: WaitResult?
    repeat {
      result = try? waitUntilReadable(
        -1, wake: cancellation.wakeEvent, until: nextLook(before: last))
      cancellation.ringIfDue()
    } while result == .timeout && last > .now
    if result == .woken || last < end { throw stopError }
  }

  /// Waits until `descriptor` is as wanted or has ended: `woken` when the operation must stop,
  /// `timeout` when `limit` passed.
  public func wait(
    for readiness: Readiness, on descriptor: Int32, until limit: Deadline = .never
  ) throws(Errno) -> WaitResult {
    cancellation.watch()
    let end = limit.earlier(of: deadline).instant
    while true {
      let result = try waitUntilReady(
        descriptor, for: readiness, wake: cancellation.wakeEvent, until: nextLook(before: end))
      guard result == .timeout else { return result }
      // It may have been the alarm alone.
      cancellation.ringIfDue()
      if deadline.isPassed { return .woken }
      if limit.isPassed { return .timeout }
    }
  }

  /// The end of a wait, or the cancellation's alarm before it: when a loop that waits by other means
  /// looks at the cancellation again.
  public func nextLook(before end: MonotonicInstant?) -> MonotonicInstant? {
    guard let alarm = cancellation.alarmInstant else { return end }
    return end.map { min($0, alarm) } ?? alarm
  }

  /// What a wait that had to end throws; past the deadline the watcher may not have noticed yet.
  public var stopError: AdapterError {
    cancellation.error ?? Cancellation.error(for: .timeout)
  }
}
