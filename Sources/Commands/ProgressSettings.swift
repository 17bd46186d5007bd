import AdapterCore
import CLI
import Terminal

extension ProgressOptions {
  /// The progress flags, otherwise the configuration. Throws `usage` for a width or interval out of
  /// range.
  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    self.init()
    mode =
      try context.setting(.progressWhen, ProgressFlags.progress, invocation)
      .flatMap(Mode.init) ?? .auto
    style =
      try context.setting(.progressStyle, ProgressFlags.style, invocation)
      .flatMap(Style.init) ?? .auto
    let width =
      if let given = try invocation.int(ProgressFlags.width, in: 6...500) {
        given
      } else {
        try context.configuration.integer(.progressWidth)
      }
    if let width { barWidth = width }
    interval = try context.duration(.progressInterval, ProgressFlags.interval, invocation)
    isQuiet = context.globals.isQuiet
  }
}

extension CommandContext {
  /// Shows the progress of one piece of work until the returned value ends.
  func startProgress(
    _ label: String, total: Int?, unit: ProgressUnit, _ options: ProgressOptions
  ) -> ShownProgress {
    ShownProgress(
      ProgressReporter(
        options, terminal: terminal, status: status, cancellation: operation.cancellation),
      label, total: total, unit: unit)
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
