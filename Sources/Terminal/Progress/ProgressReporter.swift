import AdapterCore
import Platform
import Synchronization

/// Shows how a command's work goes on, on stderr; one per command.
///
///     let progress = ProgressReporter(
///       options, terminal: terminal, status: status, cancellation: cancellation)
///     defer { progress.finish() }
///     let task = progress.start("load people.csv", total: size, unit: .bytes)
///     …  task.advance(by: count)  …
///     task.finish()
///
/// A thread of its own draws, so a task that stalls still shows a turning spinner, and counting
/// costs next to nothing. Nothing is drawn for work that ends within a fifth of a second, and the
/// thread only starts then: by the alarm of the cancellation that all loops and waits look at.
public final class ProgressReporter: Sendable {
  /// nil: nothing is shown, and there is no thread.
  private let board: ProgressBoard?
  private let thread = Mutex<Thread?>(nil)
  private let hasBegun = Atomic<Bool>(false)
  private let cancellation: Cancellation

  public init(
    _ options: ProgressOptions, terminal: Terminal, status: StatusArea, cancellation: Cancellation
  ) {
    self.cancellation = cancellation
    let presentation = options.presentation(on: terminal)
    board =
      presentation == .nothing
      ? nil : ProgressBoard(options, presentation, terminal: terminal, status: status)
  }

  deinit { finish() }

  /// Starts showing a task.
  ///
  /// - Parameters:
  ///   - label: a few words; control characters in it are shown escaped.
  ///   - total: nil when it is not known.
  ///   - keepsLine: a line about the task stays on a terminal when it ends.
  public func start(
    _ label: String, total: Int? = nil, unit: ProgressUnit = .items, keepsLine: Bool = false
  ) -> ProgressTask {
    let task = ProgressTask(label: label, total: total, unit: unit, keepsLine: keepsLine)
    if let board {
      board.add(task)
      if !hasBegun.exchange(true, ordering: .relaxed) {
        cancellation.setAlarm(at: .now.advanced(by: board.delay)) { [weak self] in
          self?.startDrawing()
        }
      }
    }
    return task
  }

  /// Without a thread the work goes on all the same, unseen.
  private func startDrawing() {
    guard let board else { return }
    thread.withLock { thread in
      if thread == nil { thread = try? Thread(name: "nb-progress") { board.run() } }
    }
  }

  /// Takes everything off the terminal but the lines that stay; tasks that still run count as
  /// failed. May be called again.
  public func finish() {
    guard let board else { return }
    if hasBegun.load(ordering: .relaxed) { cancellation.clearAlarm() }
    board.stop()
    let thread = thread.withLock { $0.take() }
    thread?.join()
    board.drawEnd()
  }
}
