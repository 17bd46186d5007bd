import AdapterCore
import CLI

/// A table that partitions are added to or taken from.
struct PartitionWork {
  var target: String
  var table: String
  var lockWait: Duration
  var isDryRun: Bool
  var output: RecordOutputOptions

  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    target = invocation.argument(0) ?? ""
    table = invocation.argument(1) ?? ""
    lockWait = try PartitionFlags.lockWait(invocation)
    isDryRun = invocation.isSet(PartitionFlags.dryRun)
    output = try RecordOutputOptions(invocation, context)
  }

  /// What `plan` makes of the table as it is; reading it waits for its lock too.
  func run(
    _ context: CommandContext,
    approve: (PartitionChange, PartitionedTable) throws(AdapterError) -> Void = { _, _ in },
    plan: (PartitionedTable, any TablePartitioning) throws(AdapterError) -> PartitionChange
  ) throws(AdapterError) {
    let database = try context.openDatabase(
      target, isDryRun ? .read : .write, lockWait: lockWait)
    let partitioning = try database.require(database.partitioning, "partitions")
    let name = TableName(written: table)
    let retry = Retry(
      Retry.Policy(
        attempts: .max, firstDelay: .milliseconds(100), maximumDelay: .seconds(3),
        budget: lockWait), context.operation)
    let (found, change) = try retry.run {
      () throws(AdapterError) -> (PartitionedTable, PartitionChange) in
      try database.transaction(isDryRun ? .read : .write) { () throws(AdapterError) in
        guard let found = try partitioning.partitionedTables(named: name).first else {
          throw AdapterError(.notFound, "'\(table)' has no partitions")
        }
        return (found, try plan(found, partitioning))
      }
    }
    if change.partitions.isEmpty { context.operation.note("nothing to do") }
    if isDryRun {
      for statement in change.statements { try context.print(statement + ";\n") }
      return
    }
    try approve(change, found)
    try carryOut(change, database, retry)
    let sink = context.makeRowSink(output)
    try PartitionRecords.begin(sink)
    try PartitionRecords.append(change.partitions, of: found, to: sink)
    try sink.finish()
  }

  private func carryOut(
    _ change: PartitionChange, _ database: any SQLDatabase, _ retry: Retry
  ) throws(AdapterError) {
    guard change.isTransactional else {
      for statement in change.statements {
        try retry.run { () throws(AdapterError) in try run(statement, database) }
      }
      return
    }
    guard !change.statements.isEmpty else { return }
    try retry.run { () throws(AdapterError) in
      try database.transaction(.write) { () throws(AdapterError) in
        for statement in change.statements { try run(statement, database) }
      }
    }
  }

  /// A place in a statement that nobody wrote says nothing.
  private func run(_ statement: String, _ database: any SQLDatabase) throws(AdapterError) {
    do throws(AdapterError) {
      try database.execute(statement)
    } catch {
      var error = error
      error.position = nil
      throw error
    }
  }
}

extension TableName {
  /// `schema.table` or `table`, as it was typed.
  init(written text: String) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let isQualified = parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty
    self.init(
      schema: isQualified ? String(parts[0]) : nil, name: isQualified ? String(parts[1]) : text)
  }
}
