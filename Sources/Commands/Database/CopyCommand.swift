import AdapterCore
import CLI
import Terminal

/// `nb db copy`: rows of one database into another.
enum CopyCommand: Command {
  struct Options {
    enum Source: Equatable {
      case table(String)
      case query(String)
    }

    var source: String
    var destination: String
    var rows: Source
    var into: TableName
    var createsTable: Bool
    var mode: LoadMode
    var key: [String]
    var parameters: [Parameter]
    var batch: Int?
    var parallel: ParallelOptions?
    var readHost: SQLOpenOptions.ReadHost
    var replay: ReplayOptions
    var progress: ProgressOptions
  }

  static let table = FlagSpec(
    "table", .value(name: "TABLE"), completion: .table, summary: "Copy all rows of this table")

  static let query = FlagSpec(
    "query", .value(name: "SQL"), summary: "Copy the rows that this query gives")

  static let into = FlagSpec(
    "into", .value(name: "TABLE"), summary: "The table to copy into",
    defaultText: "the name of the source table")

  static let create = FlagSpec(
    "create", summary: "Create the table, and the database, when missing",
    details: "The columns have the types of the source, and --table's primary key.")

  static let spec = CommandSpec(
    path: ["db", "copy"], summary: "Copy rows from one database into another",
    description: [
      """
      The rows stream from the source's statement into the destination's loader, all in one \
      transaction, at flat memory.
      """
    ],
    arguments: [
      ArgumentSpec("SOURCE", completion: .target, summary: "Where the rows come from"),
      ArgumentSpec("DEST", completion: .target, summary: "Where they go"),
    ],
    flags: [
      table, query, ParameterFlag.spec, into, create, LoadCommand.mode, LoadCommand.key,
      DatabaseFlags.batch,
    ] + ParallelFlags.all + ReadHostFlags.all + [ReplayOptions.retries] + ProgressFlags.all,
    examples: [
      Example("nb db copy app.db archive.db --table orders --create", "A table with its rows"),
      Example(
        "nb db copy app.db report.db --query 'select day, sum(total) from orders group by day' "
          + "--into daily --create --mode replace", "A query's result"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let tableName = invocation.string(table)
    let rows: Options.Source
    switch (tableName, invocation.string(query)) {
    case (let name?, nil): rows = .table(name)
    case (nil, let sql?): rows = .query(sql)
    case (nil, nil):
      throw AdapterError(.usage, "nothing to copy", hint: "give --table TABLE or --query SQL")
    case (_?, _?):
      throw AdapterError(.usage, "--table and --query exclude each other")
    }
    guard let into = invocation.string(into) ?? tableName else {
      throw AdapterError(.usage, "--query needs --into", hint: "name the table to copy into")
    }
    let keyColumns = (invocation.string(LoadCommand.key) ?? "").split(separator: ",").map(
      String.init)
    let batch = try invocation.int(DatabaseFlags.batch, in: 1...Int.max)
    let mode = try LoadCommand.loadMode(invocation.string(LoadCommand.mode), key: keyColumns)
    return Options(
      source: invocation.argument(0) ?? "", destination: invocation.argument(1) ?? "", rows: rows,
      into: TableName(name: into), createsTable: invocation.isSet(create),
      mode: mode,
      key: keyColumns, parameters: try ParameterFlag.parse(invocation.strings(ParameterFlag.spec)),
      batch: batch, parallel: try ParallelOptions(invocation, batch: batch, mode: mode),
      readHost: try ReadHostFlags.readHost(invocation), replay: try ReplayOptions(invocation),
      progress: try ProgressOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let isSameDatabase = TableCopy.isSameDatabase(
      try context.address(of: options.source), try context.address(of: options.destination))
    let createsDatabase = options.createsTable && !isSameDatabase
    _ = try context.runReplaying(options.replay.policy) { () throws(AdapterError) in
      try context.openDatabase(options.destination, createsDatabase ? .create : .write)
    } _: { destination throws(AdapterError) in
      try TableCopy(options, into: destination, isSameDatabase: isSameDatabase, context)
    }
  }
}
