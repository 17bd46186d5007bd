import AdapterCore
import CLI
import Platform
import Terminal

extension ProgressOptions {
  /// The progress flags, their variables and the configuration. Throws `usage` for a flag and
  /// `config` for a setting that is out of range.
  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    self.init()
    let configuration = context.configuration
    let mode = try configuration.value(of: .progressMode)
    let style = try configuration.value(of: .progressStyle)
    self.mode = (invocation.string(ProgressFlags.progress) ?? mode).flatMap(Mode.init) ?? .auto
    self.style = (invocation.string(ProgressFlags.style) ?? style).flatMap(Style.init) ?? .auto
    if let width = try configuration.integer(.progressWidth) { barWidth = width }
    if let width = try invocation.int(ProgressFlags.width, in: Self.barWidths) { barWidth = width }
    interval = try configuration.duration(.progressInterval)
    if let given = try invocation.duration(ProgressFlags.interval) { interval = given }
    isQuiet = context.globals.isQuiet
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
