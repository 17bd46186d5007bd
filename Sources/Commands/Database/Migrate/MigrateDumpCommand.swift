import AdapterCore
import CLI
import Migrations
import Platform

/// `nb db migrate dump`: the schema as SQL.
enum MigrateDumpCommand: Command {
  struct Options {
    var target: String
    /// nil: stdout.
    var file: String?
    var isCheck: Bool
  }

  static let file = FlagSpec(
    "file", short: "f", .value(name: "FILE"), completion: .file(["sql"]),
    summary: "Write to this file, all at once, instead of stdout")

  static let check = FlagSpec(
    "check", summary: "Write nothing; exit with status 1 when FILE differs")

  static let spec = CommandSpec(
    path: ["db", "migrate", "dump"], summary: "Print the schema as SQL, always in the same order",
    description: [
      """
      The same schema gives the same text, whatever order it was built in, so that it can be \
      committed. It loads into an empty database by nb db exec -f, and brings the history with \
      it: what is applied here is applied there.
      """
    ],
    arguments: [DatabaseFlags.target], flags: [file, check],
    examples: [
      Example("nb db migrate dump app.db -f schema.sql", "Write it for committing"),
      Example("nb db migrate dump app.db -f schema.sql --check", "In CI: is it up to date?"),
    ],
    exitStatuses: [ExitStatusNote(1, "With --check: FILE is not the present schema")])

  /// A schema is far smaller.
  private static let largestFile = 256 * 1024 * 1024

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let options = Options(
      target: invocation.argument(0) ?? "", file: invocation.string(file),
      isCheck: invocation.isSet(check))
    guard !options.isCheck || options.file != nil else {
      throw AdapterError(.usage, "--check needs --file", hint: "name the file to compare with")
    }
    return options
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let database = try context.openDatabase(options.target, .read)
    if let file = options.file { try OutputPath(file).refuse(filesOf: database) }
    let migrator = Migrator(
      database: database, migrations: [], operation: context.operation)
    let dump = try migrator.dump()
    guard let file = options.file else { return try context.print(dump) }
    if options.isCheck {
      try compare(dump, with: file)
    } else {
      try write(dump, to: file)
    }
  }

  private static func compare(_ dump: String, with file: String) throws(AdapterError) {
    let content: SmallFile
    do throws(Errno) {
      content = try SmallFile(reading: file, limit: largestFile)
    } catch {
      throw AdapterError(error, reading: file)
    }
    let committed = String(decoding: content.bytes, as: UTF8.self)
    guard committed != dump else { return }
    throw AdapterError(
      .failed, "\(file) is not the present schema",
      hint: "nb db migrate dump -f \(file) writes it anew",
      details: TextDiff.unified(old: committed, new: dump))
  }

  private static func write(_ dump: String, to file: String) throws(AdapterError) {
    do throws(Errno) {
      let atomic = try AtomicFile(file)
      let output = OutputBuffer(descriptor: atomic.descriptor)
      output.append(dump)
      try output.flush()
      try atomic.commit()
    } catch {
      throw AdapterError(error, doing: "write", path: file)
    }
  }
}
