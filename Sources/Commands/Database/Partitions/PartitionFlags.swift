import AdapterCore
import CLI

/// What the `db partition` commands share.
enum PartitionFlags {
  static let dryRun = FlagSpec("dry-run", summary: "Print the SQL that would run, and do nothing")

  static let lockWait = FlagSpec(
    "lock-wait", .value(name: "DURATION"),
    summary: "How long to wait for the table's lock; then exit status 75",
    details: """
      Each attempt waits for a few seconds at most, so that those behind it in the queue for the \
      table go on.
      """, defaultText: "30s")

  static let table = ArgumentSpec("TABLE", completion: .table, summary: "The partitioned table")

  static func lockWait(_ invocation: Invocation) throws(AdapterError) -> Duration {
    try invocation.duration(lockWait) ?? .seconds(30)
  }
}
