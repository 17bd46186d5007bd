import CPosix
import Glibc

/// The service manager that has started nb and wants to hear how it is (sd_notify(3)).
public struct ServiceManager: Sendable {
  /// Without a sign of life for so long it takes nb for hung; nil: it does not watch.
  public let watchdog: Duration?
  private let socket: String

  /// nil when nobody wants to hear (NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID).
  public init?() {
    guard let socket = Environment.value("NOTIFY_SOCKET"),
      socket.hasPrefix("/") || socket.hasPrefix("@")
    else { return nil }
    self.socket = socket
    let isMeant = Environment.value("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
    let interval = Environment.value("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
    watchdog = isMeant && interval > 0 ? .microseconds(interval) : nil
  }

  /// Tells it something, such as `READY=1`; a manager that is gone or busy misses it.
  public func tell(_ state: String) {
    _ = nb_send_datagram(socket, state, state.utf8.count)
  }
}
