import Glibc

/// Several descriptors that are waited for at once (poll(2)).
public struct PollSet {
  private var requests: [pollfd] = []

  public init() {}

  public mutating func removeAll() { requests.removeAll(keepingCapacity: true) }

  /// Adds a descriptor and returns its place.
  @discardableResult
  public mutating func add(_ descriptor: Int32, _ readiness: Readiness) -> Int {
    requests.append(pollfd(fd: descriptor, events: readiness.rawValue, revents: 0))
    return requests.count - 1
  }

  /// Waits until one of them is as wanted or has ended, a signal arrives, or `instant` has passed.
  public mutating func wait(until instant: MonotonicInstant?) throws(Errno) {
    let timeout = pollTimeout(until: instant)
    do throws(Errno) {
      try valueOrErrno(retryOnInterrupt: false) {
        poll(&requests, nfds_t(requests.count), timeout)
      }
    } catch {
      guard error == .interrupted else { throw error }
      for index in requests.indices { requests[index].revents = 0 }
    }
  }

  /// Whether the descriptor at this place is as wanted, or has ended.
  public func isReady(_ place: Int) -> Bool { requests[place].revents != 0 }
}
