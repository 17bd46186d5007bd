import Platform
import Synchronization

/// One piece of work whose progress is shown: a bar when its total is known, otherwise a spinner.
///
/// `advance` is one atomic addition and may be called for every row, from any thread.
public final class ProgressTask: Sendable {
  enum Outcome: Equatable, Sendable { case running, done, failed }

  /// What changes seldom.
  struct Details: Sendable {
    var text = ""
    var outcome = Outcome.running
    var end: MonotonicInstant?
  }

  let label: String
  let unit: ProgressUnit
  /// Whether a line about it stays on the screen when it ends.
  let keepsLine: Bool
  let start = MonotonicInstant.now
  private let completed = Atomic<Int>(0)
  /// Negative: not known.
  private let total: Atomic<Int>
  private let details = Mutex(Details())

  init(label: String, total: Int?, unit: ProgressUnit, keepsLine: Bool) {
    // A label may be a file's name, which may hold anything.
    self.label = label.escapingControls()
    self.unit = unit
    self.keepsLine = keepsLine
    self.total = Atomic(total ?? -1)
  }

  /// Adds to what is completed.
  public func advance(by count: Int = 1) { completed.wrappingAdd(count, ordering: .relaxed) }

  /// Says how much is completed.
  public func update(to count: Int) { completed.store(count, ordering: .relaxed) }

  /// Sets the total, or makes it unknown.
  public func setTotal(_ count: Int?) { total.store(count ?? -1, ordering: .relaxed) }

  /// Shows a few words after the label: the table or the file at work.
  public func describe(_ text: String) {
    let text = text.escapingControls()
    details.withLock { $0.text = text }
  }

  /// The work is done; later calls change nothing.
  public func finish() { end(.done) }

  /// The work has failed; later calls change nothing.
  public func fail() { end(.failed) }

  private func end(_ outcome: Outcome) {
    details.withLock { details in
      guard details.outcome == .running else { return }
      details.outcome = outcome
      details.end = .now
    }
  }

  /// How it stands at `now`, but for the rate.
  func snapshot(at now: MonotonicInstant) -> ProgressSnapshot {
    let details = details.withLock { $0 }
    let total = total.load(ordering: .relaxed)
    return ProgressSnapshot(
      label: details.text.isEmpty ? label : "\(label): \(details.text)", unit: unit,
      completed: completed.load(ordering: .relaxed), total: total < 0 ? nil : total,
      elapsed: (details.end ?? now).since(start), outcome: details.outcome)
  }
}

/// How a task stands at one moment; what is drawn.
struct ProgressSnapshot: Sendable {
  var label: String
  var unit: ProgressUnit
  var completed: Int
  var total: Int?
  var elapsed: Duration
  var outcome = ProgressTask.Outcome.running
  /// Units a second; nil when not known.
  var rate: Double?
  var remaining: Duration?

  /// 0 to 1; nil without a total. An empty task is complete.
  var fraction: Double? {
    guard let total else { return nil }
    return total <= 0 ? 1 : min(1, max(0, Double(completed) / Double(total)))
  }
}
