import AdapterCore
import CLI

/// Flags of work over several connections.
enum ParallelFlags {
  static let jobs = FlagSpec(
    "jobs", short: "j", .value(name: "N"), summary: "Write over this many connections at once",
    details: """
      Each batch of rows is a transaction of its own then, 10,000 rows unless --batch says \
      otherwise, and rows may be written in another order: an error leaves the batches that were \
      committed, and says how many rows they hold.
      """)

  static let poolSize = FlagSpec(
    "pool-size", .value(name: "N"), group: .connection,
    summary: "Connections kept open between batches",
    defaultText: "as many as --jobs")

  static let poolTimeout = FlagSpec(
    "pool-timeout", .value(name: "DURATION"), group: .connection,
    summary: "How long a batch waits for a connection",
    defaultText: "30s")

  static let poolRecycle = FlagSpec(
    "pool-recycle", .value(name: "DURATION"), group: .connection,
    summary: "Replace connections older than this",
    defaultText: "any age")

  static let all = [jobs, poolSize, poolTimeout, poolRecycle]
}

/// The values of `ParallelFlags`.
struct ParallelOptions: Equatable {
  private static let defaultBatchRows = 10_000

  var jobs: Int
  var batchRows: Int
  var pool: Pool<any SQLDatabase>.Limits

  /// nil without --jobs, or with one.
  ///
  /// Throws `usage` for `replace`: it empties the table and fills it in one transaction.
  init?(_ invocation: Invocation, batch: Int?, mode: LoadMode = .append) throws(AdapterError) {
    let size = try invocation.int(ParallelFlags.poolSize, in: 0...1000)
    let timeout = try invocation.duration(ParallelFlags.poolTimeout)
    let recycle = try invocation.duration(ParallelFlags.poolRecycle)
    guard let jobs = try invocation.int(ParallelFlags.jobs, in: 1...1000), jobs > 1 else {
      guard size == nil, timeout == nil, recycle == nil else {
        throw AdapterError(
          .usage, "--pool-size, --pool-timeout and --pool-recycle go with --jobs",
          hint: "add --jobs N")
      }
      return nil
    }
    guard mode != .replace else {
      throw AdapterError(
        .usage, "--mode replace and --jobs exclude each other",
        hint: "replacing is one transaction; empty the table first with nb db exec, then append")
    }
    self.jobs = jobs
    batchRows = batch ?? Self.defaultBatchRows
    // What is not kept is opened for a batch and closed behind it.
    let kept = min(size ?? jobs, jobs)
    pool = .init(size: kept, overflow: jobs - kept, recycleAge: recycle)
    if let timeout { pool.acquireTimeout = timeout }
  }
}
