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
    do throws(Errno) {
      let result = try readWhenReady(
        into: buffer, from: descriptor, wake: cancellation.wakeEvent, until: deadline.instant)
      if case .bytes(let count) = result { return count }
    } catch {
      throw AdapterError(error, doing: "read", path: name)
    }
    throw stopError
  }

  /// Waits for `duration`; throws `cancelled` or `timeout` when the operation must stop first.
  public func sleep(for duration: Duration) throws(AdapterError) {
    cancellation.watch()
    let end = MonotonicInstant.now.advanced(by: duration)
    let last = min(end, deadline.instant ?? end)
    // A descriptor of -1 is never ready: nothing but the wake event ends this early.
    let result = try? waitUntilReadable(-1, wake: cancellation.wakeEvent, until: last)
    if result == .woken || last < end { throw stopError }
  }

  /// What a wait that had to end throws. Past the deadline the watcher may not have noticed yet.
  public var stopError: AdapterError {
    cancellation.error ?? Cancellation.error(for: .timeout)
  }
}
