import Platform
import Synchronization

/// Stops running work when SIGINT, SIGTERM or SIGHUP arrives, or when the deadline passes.
///
/// From the start signals are caught, and loops that look at the cancellation see them. A thread
/// that calls handlers starts when the first handler is there, or at once with a deadline. It ends with
/// the process: a command is the process's whole life. The signal itself is raised at the very end, by
/// `Program`, when everything is put in order; the same signal a second time ends nb at once.
public enum CancellationWatcher {
  /// The cancellation of this process; call it once, and only for commands that take time.
  ///
  /// Throws `unavailable` when no pipe or thread can be made.
  public static func start(deadline: Deadline) throws(AdapterError) -> Cancellation {
    do throws(Errno) {
      let signals = try SignalPipe(catching: [
        SignalNumber.interrupt, SignalNumber.terminate, SignalNumber.hangUp,
      ])
      let watch = Watch(signals: signals, deadline: deadline)
      let cancellation = Cancellation(startWatching: {
        // Without a thread loops still see the signal, only waits last to their end.
        _ = try? Thread(name: "nb-signals") { watch.run() }
      })
      watch.cancellation.withLock { $0 = cancellation }
      if deadline != .never { cancellation.watch() }
      return cancellation
    } catch {
      throw AdapterError(
        .unavailable, "cannot catch signals: \(error.message)", code: error.name)
    }
  }

  /// What the thread owns.
  private final class Watch: Sendable {
    let signals: SignalPipe
    let cancellation = Mutex<Cancellation?>(nil)
    let deadline: Deadline

    init(signals: consuming SignalPipe, deadline: Deadline) {
      self.signals = signals
      self.deadline = deadline
    }

    func run() {
      guard let cancellation = cancellation.withLock(\.self) else { return }
      var deadline = deadline.instant
      while true {
        switch signals.next(until: deadline) {
        case .signal(let number): cancellation.cancel(.signal(number))
        case .timeout:
          cancellation.cancel(.timeout)
          deadline = nil
        }
      }
    }
  }
}
