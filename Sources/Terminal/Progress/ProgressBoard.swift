import Platform

/// The tasks of a reporter, and the thread's loop that draws them.
final class ProgressBoard: @unchecked Sendable {
  private struct Entry {
    let task: ProgressTask
    var rate: RateEstimator
  }

  /// Work that ends sooner is not worth a flicker.
  private static let patience = Duration.milliseconds(200)

  private let isDrawn: Bool
  private let interval: Duration
  /// How long nothing is shown at first.
  var delay: Duration { isDrawn ? Self.patience : interval }
  private let renderer: ProgressRenderer
  private let terminal: Terminal
  private let status: StatusArea
  /// Guards the two below.
  private let condition = Condition()
  private var entries: [Entry] = []
  private var isStopped = false
  /// Counts drawings; the drawing thread's own, and after its end the caller's.
  private var frame = 0

  init(
    _ options: ProgressOptions, _ presentation: ProgressOptions.Presentation, terminal: Terminal,
    status: StatusArea
  ) {
    isDrawn = presentation == .bars
    let usual: Duration = isDrawn ? .milliseconds(100) : .seconds(10)
    interval = max(StatusArea.leastInterval, options.interval ?? usual)
    renderer = ProgressRenderer(options, terminal: terminal)
    self.terminal = terminal
    self.status = status
  }

  func add(_ task: ProgressTask) {
    condition.withLock { entries.append(Entry(task: task, rate: RateEstimator(at: task.start))) }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      condition.wakeAll()
    }
  }

  /// Draws at once, and again until `stop`.
  func run() {
    var next = MonotonicInstant.now
    while waitUntil(next) {
      if isDrawn { draw() } else { printLine() }
      next = MonotonicInstant.now.advanced(by: interval)
    }
  }

  /// False when the thread must end.
  private func waitUntil(_ instant: MonotonicInstant) -> Bool {
    condition.withLock {
      while !isStopped {
        if !condition.wait(until: instant) { return !isStopped }
      }
      return false
    }
  }

  /// Brings the rates up to date; gives the running tasks and those that have ended since.
  private func takeSnapshots() -> (running: [ProgressSnapshot], ended: [ProgressSnapshot]) {
    let now = MonotonicInstant.now
    return condition.withLock {
      var running: [ProgressSnapshot] = []
      var ended: [ProgressSnapshot] = []
      entries = entries.compactMap { entry in
        var entry = entry
        var snapshot = entry.task.snapshot(at: now)
        entry.rate.update(completed: snapshot.completed, at: now)
        snapshot.rate = entry.rate.perSecond
        snapshot.remaining = snapshot.total.flatMap(entry.rate.remaining(to:))
        if snapshot.outcome == .running {
          running.append(snapshot)
          return entry
        }
        if entry.task.keepsLine { ended.append(snapshot) }
        return nil
      }
      return (running, ended)
    }
  }

  private func draw() {
    let (running, ended) = takeSnapshots()
    let size = terminal.size(of: .errors)
    let finished = ended.map { renderer.finalLine($0, columns: size.columns) }
    if running.isEmpty {
      status.clear()
      status.print(finished)
    } else {
      let block = renderer.block(
        running, columns: size.columns, rows: size.rows, frame: frame)
      status.draw(finished: finished, block: block, columns: size.columns)
    }
    frame += 1
  }

  private func printLine() {
    let (running, _) = takeSnapshots()
    if !running.isEmpty { status.note("nb: " + ProgressRenderer.plainLine(running)) }
  }

  /// After the thread's end: the lines that stay, and nothing else.
  func drawEnd() {
    condition.withLock { for entry in entries { entry.task.fail() } }
    guard isDrawn else { return }
    status.clear()
    let columns = terminal.size(of: .errors).columns
    status.print(takeSnapshots().ended.map { renderer.finalLine($0, columns: columns) })
  }
}
