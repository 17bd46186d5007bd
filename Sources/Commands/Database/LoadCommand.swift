import AdapterCore
import CLI
import Formats
import Terminal

/// `nb db load`: records of a file into a table.
enum LoadCommand: Command {
  struct Options {
    var target: String
    var table: TableName
    var input: RecordInputOptions
    var createsTable: Bool
    var createsDatabase: Bool
    var mode: LoadMode
    /// Columns of the key, for `--mode upsert` and for the primary key of a created table.
    var key: [String]
    /// Where refused rows go; nil: the first one ends the load.
    var rejectPath: String?
    /// Rows per transaction; nil: all in one.
    var batch: Int?
    /// nil: one connection.
    var parallel: ParallelOptions?
    var replay: ReplayOptions
    var progress: ProgressOptions
  }

  static let mode = FlagSpec(
    "mode", .value(name: "MODE"),
    choices: [
      Choice("append", "add the rows"), Choice("replace", "empty the table first"),
      Choice("upsert", "update rows with the same key, insert the rest"),
    ], summary: "What happens to the rows that are there", defaultText: "append")

  static let key = FlagSpec(
    "key", .value(name: "COLUMNS"), completion: .column,
    summary: "The key's columns, separated by commas",
    details: "For --mode upsert; with --create they become the primary key.")

  static let create = FlagSpec(
    "create", summary: "Create the table, and the database, when missing",
    details: """
      The columns' types are inferred from the first 10,000 records (at most 4 MiB): INTEGER, REAL, \
      BLOB or TEXT. Numbers with leading zeros stay text.
      """)

  static let reject = FlagSpec(
    "reject", .value(name: "FILE"), completion: .file(["csv"]),
    summary: "Write bad rows to this CSV file and go on",
    details: """
      Its columns are line, reason and record; - is standard output. The file appears when the rows \
      are in the table. Without it the first bad row ends the load.
      """)

  static let spec = CommandSpec(
    path: ["db", "load"], summary: "Load a CSV, TSV or NDJSON file into a table",
    description: [
      """
      All rows are loaded in one transaction: a bad row, Ctrl-C or a crash leaves the table as it \
      was. A row is bad when the file is malformed there, when a value does not fit its column, and \
      when it breaks a constraint. Numbers are never rounded to fit: an integer beyond 64 bits in an \
      INTEGER column is a bad row.
      """,
      "A file ending in .gz is decompressed on the way.",
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec("TABLE", completion: .table, summary: "The table's name"),
      ArgumentSpec(
        "FILE", completion: .file(["csv", "tsv", "ndjson", "jsonl", "gz"]),
        summary: "The records; - is standard input"),
    ],
    flags: [create, mode, key, reject, DatabaseFlags.batch] + ParallelFlags.all
      + [ReplayOptions.retries]
      + RecordInputFlags.all + ProgressFlags.all,
    examples: [
      Example("nb db load app.db users users.csv --create", "A new table from a CSV file"),
      Example(
        "nb db load app.db users - --format ndjson --mode upsert --key id",
        "Insert or update from a pipe"),
      Example("nb db load app.db users users.csv --reject bad.csv", "Keep the bad rows apart"),
    ],
    exitStatuses: [
      ExitStatusNote(65, "A row is bad; the message gives its line"),
      ExitStatusNote(66, "No such file, table or column"),
      ExitStatusNote(69, "TABLE is a view"),
      ExitStatusNote(73, "--mode replace: rows of other tables refer to the table's"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let keyColumns = (invocation.string(key) ?? "").split(separator: ",").map(String.init)
    let batch = try invocation.int(DatabaseFlags.batch, in: 1...Int.max)
    let mode = try loadMode(invocation.string(mode), key: keyColumns)
    return Options(
      target: invocation.argument(0) ?? "", table: TableName(name: invocation.argument(1) ?? ""),
      input: try RecordInputOptions(path: invocation.argument(2) ?? "-", invocation),
      createsTable: invocation.isSet(create), createsDatabase: invocation.isSet(create),
      mode: mode, key: keyColumns, rejectPath: invocation.string(reject), batch: batch,
      parallel: try ParallelOptions(invocation, batch: batch, mode: mode),
      replay: try ReplayOptions(invocation), progress: try ProgressOptions(invocation, context))
  }

  /// The mode by its name; throws `usage` for an upsert without a key.
  static func loadMode(_ name: String?, key: [String]) throws(AdapterError) -> LoadMode {
    switch name {
    case "replace": return .replace
    case "upsert":
      guard !key.isEmpty else {
        throw AdapterError(
          .usage, "--mode upsert needs --key", hint: "name the columns that identify a row")
      }
      return .upsert(key: key)
    default: return .append
    }
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let input = RepeatableInput(options.input.path, context)
    // Before the database, so that a wrong path creates nothing.
    var bytes = try input.open()
    var attempt: TableLoad?
    _ = try context.runReplaying(options.replay.policy) { () throws(AdapterError) in
      try context.openDatabase(options.target, options.createsDatabase ? .create : .write)
    } _: { database throws(AdapterError) in
      if attempt != nil { bytes = try input.open() }
      let next = TableLoad(options, input, bytes, into: database, after: attempt, context)
      attempt = next
      return next
    }
  }
}
