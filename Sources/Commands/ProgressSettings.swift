import AdapterCore
import CLI
import Platform
import Terminal

extension ProgressOptions {
  /// The progress flags and their variables. Throws `usage` for a width or interval out of range.
  init(_ invocation: Invocation, _ globals: GlobalOptions) throws(AdapterError) {
    self.init()
    let environment = Environment.value
    let when = try invocation.string(ProgressFlags.progress, environment: environment)
    mode = when.flatMap(Mode.init) ?? .auto
    let style = try invocation.string(ProgressFlags.style, environment: environment)
    self.style = style.flatMap(Style.init) ?? .auto
    let width = try invocation.string(ProgressFlags.width, environment: environment)
    if let width {
      guard let columns = Int(width), (1...500).contains(columns) else {
        throw AdapterError(
          .usage, "the width of a progress bar is a number from 1 to 500, not '\(width)'")
      }
      barWidth = columns
    }
    interval = try invocation.duration(ProgressFlags.interval, environment: environment)
    isQuiet = globals.isQuiet
  }
}

extension CommandContext {
  /// Shows the progress of one piece of work until the returned value ends.
  func startProgress(
    _ label: String, total: Int?, unit: ProgressUnit, _ options: ProgressOptions
  ) -> ShownProgress {
    ShownProgress(
      ProgressReporter(options, terminal: terminal, status: status), label, total: total,
      unit: unit)
  }
}

/// One task on the screen; taken off when `end` is called or the value goes.
final class ShownProgress {
  private let reporter: ProgressReporter
  private let task: ProgressTask

  init(_ reporter: ProgressReporter, _ label: String, total: Int?, unit: ProgressUnit) {
    self.reporter = reporter
    task = reporter.start(label, total: total, unit: unit)
  }

  deinit { reporter.finish() }

  /// Says how much is done.
  @inline(__always)
  func update(to count: Int) { task.update(to: count) }

  /// Says how much is done, of what.
  func update(to count: Int, of total: Int) {
    task.setTotal(total)
    task.update(to: count)
  }

  /// The work is done; notes may follow.
  func end() {
    task.finish()
    reporter.finish()
  }
}
