import AdapterCore
import CLI
import Formats

/// Where the SQL of `query` and `exec` comes from.
enum StatementSource {
  enum Origin: Equatable {
    case argument(String)
    /// A path; "-" is stdin.
    case file(String)
  }

  static let fileFlag = FlagSpec(
    "file", short: "f", .value(name: "FILE"), completion: .file(["sql"]),
    summary: "Read the SQL from this file; - is standard input")

  /// The argument, the `--file`, or standard input when neither is given.
  static func origin(
    _ invocation: Invocation, argument index: Int, stdinIsTerminal: Bool
  ) throws(AdapterError) -> Origin {
    let file = invocation.string(fileFlag)
    if let sql = invocation.argument(index) {
      guard file == nil else {
        throw AdapterError(.usage, "SQL is given both as an argument and by --file")
      }
      try refuseClientCommand(sql)
      return sql == "-" ? .file("-") : .argument(sql)
    }
    if file == nil && stdinIsTerminal {
      throw AdapterError(
        .usage, "no SQL given", hint: "give it as an argument, by --file, or on standard input")
    }
    return .file(file ?? "-")
  }

  /// Tells who is used to psql or mysql that their own commands are no SQL.
  private static func refuseClientCommand(_ sql: String) throws(AdapterError) {
    if sql.utf8.first == UInt8(ascii: "\\") {
      throw AdapterError(
        .usage, "'\(sql)' is a command of psql's or mysql's own, and no SQL",
        hint: "nb db schema TARGET lists tables, nb db schema TARGET TABLE shows one")
    }
    if sql.hasSuffix("\\G") || sql.hasSuffix("\\g") {
      throw AdapterError(
        .usage, "\(sql.suffix(2)) at the end is a command of psql's or mysql's own, and no SQL",
        hint: "-o vertical prints one column a line")
    }
  }

  /// The script that `origin` names.
  ///
  /// - Parameter file: the file's bytes, unless the SQL is an argument.
  static func script(
    _ origin: Origin, dialect: SQLDialect, file: (any ByteSource)?
  ) -> SQLScript {
    switch origin {
    case .argument(let sql): SQLScript(text: sql, dialect: dialect)
    case .file(let path):
      SQLScript(file, dialect: dialect, name: path == "-" ? "standard input" : path)
    }
  }
}
