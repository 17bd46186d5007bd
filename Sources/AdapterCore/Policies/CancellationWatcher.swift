import Platform

/// Stops running work when SIGINT, SIGTERM or SIGHUP arrives, or when the deadline passes.
///
/// One thread waits for both. It ends with the process: a command is the process's whole life. The
/// signal itself is raised at the very end, by `Program`, when everything is put in order.
public enum CancellationWatcher {
  /// Starts the thread; costs about as much as one pthread_create(3). Call it once, and only for
  /// commands that take time.
  ///
  /// From here on a signal cancels `cancellation`; the same signal a second time ends nb at once.
  /// Throws `unavailable` when no thread or pipe can be made.
  public static func start(_ cancellation: Cancellation, deadline: Deadline) throws(AdapterError) {
    do throws(Errno) {
      let signals = try SignalPipe(catching: [
        SignalNumber.interrupt, SignalNumber.terminate, SignalNumber.hangUp,
      ])
      let watch = Watch(signals: signals, cancellation: cancellation, deadline: deadline)
      _ = try Thread(name: "nb-signals") { watch.run() }
    } catch {
      throw AdapterError(
        .unavailable, "cannot start the thread that watches for signals: \(error.message)",
        code: error.name)
    }
  }

  /// What the thread owns.
  private final class Watch: Sendable {
    let signals: SignalPipe
    let cancellation: Cancellation
    let deadline: Deadline

    init(signals: consuming SignalPipe, cancellation: Cancellation, deadline: Deadline) {
      self.signals = signals
      self.cancellation = cancellation
      self.deadline = deadline
    }

    func run() {
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
