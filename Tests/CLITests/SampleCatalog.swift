import AdapterCore
import CLI

/// A small command table with every kind of flag and argument.
enum Sample {
  static let each = FlagSpec(
    "each", short: "e", .value(name: "FILE"), completion: .file(["csv", "tsv"]), summary: "Each")
  static let param = FlagSpec("param", short: "p", .repeated(name: "NAME=VALUE"), summary: "Bind")
  static let dryRun = FlagSpec("dry-run", short: "n", summary: "Only say")
  static let wait = FlagSpec(
    "wait", short: "w", .optionalValue(name: "DURATION", default: "30s"), summary: "Wait")
  static let key = FlagSpec("key", .value(name: "COLUMNS"), completion: .column, summary: "Key")
  static let folder = FlagSpec(
    "folder", .value(name: "DIR"), completion: .directory, summary: "Folder")

  static let query = CommandSpec(
    path: ["db", "query"], summary: "Print the rows of a query",
    arguments: [
      ArgumentSpec("TARGET", completion: .target, summary: "The database"),
      ArgumentSpec("SQL", .optional, summary: "The statement"),
    ],
    flags: [each, param, dryRun, wait] + OutputFlags.all,
    examples: [Example("nb db query app.db 'select 1'", "One")])

  static let load = CommandSpec(
    path: ["db", "load"], summary: "Load a file",
    arguments: [
      ArgumentSpec("TARGET", completion: .target, summary: "The database"),
      ArgumentSpec("TABLE", completion: .table, summary: "The table"),
      ArgumentSpec("FILE", .repeated, completion: .file([]), summary: "The files"),
    ],
    flags: [key, folder])

  /// A command whose words begin with those of another command.
  static let loadCheck = CommandSpec(
    path: ["db", "load", "check"], summary: "Check a file",
    arguments: [ArgumentSpec("FILE", completion: .file([]), summary: "The file")])

  static let up = CommandSpec(
    path: ["db", "migrate", "up"], summary: "Apply migrations",
    arguments: [
      ArgumentSpec(
        "POLICY", .optional, choices: [Choice("strict", ""), Choice("loose", "")],
        summary: "How")
    ])

  static let doctor = CommandSpec(path: ["doctor"], summary: "Look around")
  static let help = CommandSpec(
    path: ["help"], summary: "Explain",
    arguments: [ArgumentSpec("COMMAND", .repeated, completion: .helpTopic, summary: "What")])
  static let hidden = CommandSpec(path: ["__secret"], summary: "Hide", isHidden: true)

  static let catalog = CommandCatalog(
    groups: [GroupSpec("db", "Work on databases"), GroupSpec("db migrate", "Migrate schemas")],
    entries: [query, load, loadCheck, up, doctor, help, hidden].map { spec in
      CommandCatalog.Entry(spec.path.joined(separator: " ")) { spec }
    })

  static let parser = CommandLineParser(catalog)

  /// The invocation of a line that calls a command.
  static func invocation(_ words: [String]) throws -> Invocation {
    guard case .command(let invocation) = try parser.parse(words) else {
      throw AdapterError(.bug, "not a command: \(words)")
    }
    return invocation
  }

  /// The error that a line ends with.
  static func error(_ words: [String]) -> AdapterError? {
    do {
      _ = try parser.parse(words)
      return nil
    } catch {
      return error
    }
  }
}
