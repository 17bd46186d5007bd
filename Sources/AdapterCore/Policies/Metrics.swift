import Platform
import Synchronization

/// Counts and times of one command, for `--stats`.
public final class Metrics: Sendable {
  /// A consistent copy of all figures.
  public struct Snapshot: Equatable, Sendable {
    /// From the first connection attempt to a usable connection; nil when nothing connected.
    public var connectTime: Duration?
    /// From the command's start to its first row; nil without a row.
    public var firstRowTime: Duration?
    public var totalTime: Duration
    public var rows: Int
    public var bytes: Int
    public var retries: Int
    /// nil when no HTTP exchange ended.
    public var http: HTTPFigures?
  }

  private let start = MonotonicInstant.now
  private let connectNanoseconds = Atomic<Int64>(-1)
  private let firstRowNanoseconds = Atomic<Int64>(-1)
  private let rows = Atomic<Int>(0)
  private let bytes = Atomic<Int>(0)
  private let retries = Atomic<Int>(0)
  private let http = Mutex<HTTPFigures?>(nil)

  public init() {}

  /// Adds the time a connection took.
  public func recordConnect(_ duration: Duration) {
    let nanoseconds = duration.inNanoseconds
    let (exchanged, _) = connectNanoseconds.compareExchange(
      expected: -1, desired: nanoseconds, ordering: .relaxed)
    if !exchanged { connectNanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed) }
  }

  /// Notes the first row; later calls change nothing.
  public func recordFirstRow() {
    guard firstRowNanoseconds.load(ordering: .relaxed) < 0 else { return }
    _ = firstRowNanoseconds.compareExchange(
      expected: -1, desired: MonotonicInstant.now.since(start).inNanoseconds, ordering: .relaxed)
  }

  public func add(rows count: Int) { rows.wrappingAdd(count, ordering: .relaxed) }
  public func add(bytes count: Int) { bytes.wrappingAdd(count, ordering: .relaxed) }
  public func record(_ result: HTTPResult) {
    http.withLock { figures in
      var sum = figures ?? HTTPFigures()
      sum.add(result)
      figures = sum
    }
  }

  public func recordRetry() { retries.wrappingAdd(1, ordering: .relaxed) }

  public var snapshot: Snapshot {
    func duration(_ nanoseconds: Int64) -> Duration? {
      nanoseconds < 0 ? nil : .nanoseconds(nanoseconds)
    }
    return Snapshot(
      connectTime: duration(connectNanoseconds.load(ordering: .relaxed)),
      firstRowTime: duration(firstRowNanoseconds.load(ordering: .relaxed)),
      totalTime: MonotonicInstant.now.since(start),
      rows: rows.load(ordering: .relaxed), bytes: bytes.load(ordering: .relaxed),
      retries: retries.load(ordering: .relaxed), http: http.withLock { $0 })
  }
}
