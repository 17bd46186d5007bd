import AdapterCore
import CLI
import Formats
import Terminal

/// `--each`: the flag of `query` and `exec` that runs a statement per record.
enum EachFlags {
  static let each = FlagSpec(
    "each", .value(name: "FILE"), completion: .file(["csv", "tsv", "ndjson"]),
    summary: "Run the statement once per record of this file; - is stdin")
}

/// The options of `query` and `exec`, which differ in what the connection may do.
struct StatementOptions {
  var target: String
  var access: SQLOpenOptions.Access
  var readHost: SQLOpenOptions.ReadHost
  var origin: StatementSource.Origin
  var parameters: [Parameter]
  /// The records to run the one statement for.
  var each: RecordInputOptions?
  /// Rows per transaction; nil: all in one.
  var batch: Int?
  /// For `each`; nil: one connection.
  var parallel: ParallelOptions?
  /// All statements in one transaction, or none.
  var isAllOrNothing: Bool
  var replay: ReplayOptions
  var output: RecordOutputOptions
  var progress: ProgressOptions

  init(
    _ invocation: Invocation, _ context: CommandContext, access: SQLOpenOptions.Access
  ) throws(AdapterError) {
    target = invocation.argument(0) ?? ""
    self.access = access
    readHost = access == .read ? try ReadHostFlags.readHost(invocation) : .primary
    origin = try StatementSource.origin(
      invocation, argument: 1, stdinIsTerminal: context.terminal.isTerminal(.input))
    parameters = try ParameterFlag.parse(invocation.strings(ParameterFlag.spec))
    if let file = invocation.string(EachFlags.each) {
      each = try RecordInputOptions(path: file, invocation)
      if file == "-", origin == .file("-") {
        throw AdapterError(
          .usage, "both the SQL and the records would be read from standard input",
          hint: "give the SQL as an argument or by --file")
      }
    }
    batch = try invocation.int(DatabaseFlags.batch, in: 1...Int.max)
    if batch != nil && each == nil {
      throw AdapterError(.usage, "--batch goes with --each")
    }
    parallel = access == .read ? nil : try ParallelOptions(invocation, batch: batch)
    if parallel != nil && each == nil {
      throw AdapterError(.usage, "--jobs goes with --each")
    }
    isAllOrNothing = access != .read && !invocation.isSet(DatabaseFlags.noTransaction)
    replay = try ReplayOptions(invocation)
    output = try RecordOutputOptions(invocation, context)
    progress = try ProgressOptions(invocation, context)
    progress.printsData = true
  }
}
