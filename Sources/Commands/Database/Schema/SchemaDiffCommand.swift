import AdapterCore
import CLI

/// `nb db schema diff`: what one database's schema has otherwise than another's.
enum SchemaDiffCommand: Command {
  struct Options {
    var old: String
    var new: String
    var isCheck: Bool
    var output: RecordOutputOptions
  }

  static let check = FlagSpec("check", summary: "Exit with 1 when there is a difference")

  static let spec = CommandSpec(
    path: ["db", "schema", "diff"], summary: "Compare the schemas of two databases",
    description: [
      """
      One record for every table, column, key, index, trigger and partition that B has added, \
      removed or changed in comparison with A; no record when the schemas are the same.
      """,
      """
      Between two engines only names, keys and nullability are compared: the same type has another \
      name elsewhere.
      """,
    ],
    arguments: [
      ArgumentSpec("A", completion: .target, summary: "The database to compare with"),
      ArgumentSpec("B", completion: .target, summary: "The database that is compared"),
    ],
    flags: [check] + OutputFlags.all,
    examples: [
      Example("nb db schema diff app.db copy.db", "What copy.db has otherwise"),
      Example("nb db schema diff @staging @prod --check", "For CI: 1 when they differ"),
    ],
    exitStatuses: [ExitStatusNote(1, "With --check: the schemas differ")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      old: invocation.argument(0) ?? "", new: invocation.argument(1) ?? "",
      isCheck: invocation.isSet(check), output: try RecordOutputOptions(invocation, context))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let old = try context.openDatabase(options.old, .read)
    let new = try context.openDatabase(options.new, .read)
    let differences = try old.schema(table: nil).differences(
      to: try new.schema(table: nil), comparesTypes: old.dialect == new.dialect)
    let sink = context.makeRowSink(options.output)
    try sink.begin(
      columns: ["change", "kind", "table", "name", "old", "new"].map {
        Column(name: $0, kind: .text)
      })
    for difference in differences {
      sink.push(.text(difference.change.rawValue))
      sink.push(.text(difference.kind.rawValue))
      sink.push(.text(difference.table))
      sink.push(difference.name.isEmpty ? .null : .text(difference.name))
      sink.push(difference.old.map { .text($0) } ?? .null)
      sink.push(difference.new.map { .text($0) } ?? .null)
      try sink.endRow()
    }
    try sink.finish()
    if options.isCheck, !differences.isEmpty {
      throw AdapterError(
        .failed, "the schemas of \(old.displayName) and \(new.displayName) differ",
        hint: "the records on standard output say where")
    }
  }
}
