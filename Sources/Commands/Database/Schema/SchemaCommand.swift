import AdapterCore
import CLI
import Formats

/// `nb db schema`: tables, columns, keys, indexes and triggers.
enum SchemaCommand: Command {
  struct Options {
    var target: String
    /// nil: all tables and views.
    var table: String?
    var output: RecordOutputOptions
    var printsSQL: Bool
  }

  static let sql = FlagSpec(
    "sql", group: .output, summary: "Print the statements that create it",
    details: "Tables, indexes, views, triggers: they run in this order in an empty database.")

  static let spec = CommandSpec(
    path: ["db", "schema"], summary: "Show tables, columns, keys, indexes and triggers",
    description: [
      """
      Without TABLE one record per table and view, with it one record per column. With -o json it \
      is one document that holds everything, tables, columns, keys, indexes and triggers, in the \
      same shape on every engine; docs/schema.md describes it. `nb db schema diff` \
      compares two databases.
      """
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec("TABLE", .optional, completion: .table, summary: "A table or view"),
    ],
    flags: [sql] + OutputFlags.all,
    examples: [
      Example("nb db schema app.db", "The tables and views"),
      Example("nb db schema app.db users", "The columns of one table"),
      Example("nb db schema app.db -o json > schema.json", "Everything, as one document"),
      Example("nb db schema app.db --sql | nb db exec copy.db --create", "An empty copy"),
    ],
    exitStatuses: [ExitStatusNote(66, "No such database or table")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let printsSQL = invocation.isSet(sql)
    if printsSQL, invocation.string(OutputFlags.output) != nil {
      throw AdapterError(.usage, "--sql and --output exclude each other")
    }
    return Options(
      target: invocation.argument(0) ?? "", table: invocation.argument(1),
      output: try RecordOutputOptions(invocation, context), printsSQL: printsSQL)
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let database = try context.openDatabase(options.target, .read)
    let schema = try database.schema(table: options.table)
    if options.printsSQL {
      let statements = database.creationStatements(of: schema)
      try context.print(statements.joined(separator: "\n"))
    } else if options.output.format == .json {
      let document = SchemaDocument(schema, dialect: database.dialect).json
      try context.print(document.text(pretty: true) + "\n")
    } else {
      let sink = context.makeRowSink(options.output)
      if options.table == nil {
        try SchemaRecords.writeTables(of: schema, to: sink)
      } else {
        try SchemaRecords.writeColumns(of: schema, to: sink)
      }
    }
  }
}
