import AdapterCore
import Platform

/// Tells the service manager that a worker lives, and what it has done (sd_notify(3)).
final class WorkerReporter {
  /// Between reports to a manager that does not watch.
  private static let usualInterval = Duration.seconds(10)

  private let manager: ServiceManager
  /// Half of what the manager waits.
  private let interval: Duration
  private(set) var nextReport = MonotonicInstant.now

  /// nil when there is nobody to tell.
  init?() {
    guard let manager = ServiceManager() else { return nil }
    self.manager = manager
    interval = manager.watchdog.map { $0 / 2 } ?? Self.usualInterval
  }

  func begin() { manager.tell("READY=1\nSTATUS=waiting for messages") }

  func end() { manager.tell("STOPPING=1\nSTATUS=ending") }

  /// Reports when it is time. A worker whose broker has not answered for longer than the manager
  /// waits is no more alive than one that hangs itself, and gives no sign.
  func report(_ summary: WorkerSummary, running: Int, brokerBusySince: MonotonicInstant?) {
    guard nextReport <= .now else { return }
    nextReport = MonotonicInstant.now.advanced(by: interval)
    var state = "STATUS=\(running) running, \(summary.text)"
    if let patience = manager.watchdog {
      let busy = brokerBusySince.map { MonotonicInstant.now.since($0) } ?? .zero
      if busy < patience { state += "\nWATCHDOG=1" }
    }
    manager.tell(state)
  }
}
