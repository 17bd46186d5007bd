import AdapterCore
import CLI
import Formats

/// Where the SQL of `query` and `exec` comes from, read statement by statement at flat memory.
struct StatementSource {
  enum Origin: Equatable {
    case argument(String)
    /// A path; "-" is stdin.
    case file(String)
  }

  static let fileFlag = FlagSpec(
    "file", short: "f", .value(name: "FILE"), completion: .file(["sql"]),
    summary: "Read the SQL from this file; - is standard input")

  private var splitter: StatementSplitter
  /// nil once everything was handed to the splitter.
  private var source: (any ByteSource)?

  /// The argument, the `--file`, or standard input when neither is given.
  static func origin(
    _ invocation: Invocation, argument index: Int, stdinIsTerminal: Bool
  ) throws(AdapterError) -> Origin {
    let file = invocation.string(fileFlag)
    if let sql = invocation.argument(index) {
      guard file == nil else {
        throw AdapterError(.usage, "SQL is given both as an argument and by --file")
      }
      return sql == "-" ? .file("-") : .argument(sql)
    }
    if file == nil && stdinIsTerminal {
      throw AdapterError(
        .usage, "no SQL given", hint: "give it as an argument, by --file, or on standard input")
    }
    return .file(file ?? "-")
  }

  /// - Parameter file: the file's bytes, unless the SQL is an argument.
  init(_ origin: Origin, dialect: SQLDialect, file: (any ByteSource)?) {
    switch origin {
    case .argument(var sql):
      splitter = StatementSplitter(dialect: dialect)
      sql.withUTF8 { splitter.append($0) }
      splitter.finish()
    case .file(let path):
      splitter = StatementSplitter(dialect: dialect, file: path == "-" ? "standard input" : path)
      source = file
    }
  }

  /// The next statement; nil after the last.
  mutating func next() throws(AdapterError) -> SQLText? {
    while true {
      if let statement = try splitter.next() { return statement }
      guard let source else { return nil }
      try fill(from: source)
    }
  }

  /// Hands the next 64 KiB to the splitter.
  private mutating func fill(from source: any ByteSource) throws(AdapterError) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
    defer { buffer.deallocate() }
    let count = try source.read(into: buffer)
    if count == 0 {
      splitter.finish()
      self.source = nil
    } else {
      splitter.append(
        UnsafeBufferPointer(rebasing: buffer.assumingMemoryBound(to: UInt8.self)[..<count]))
    }
  }
}
