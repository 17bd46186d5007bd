import Platform

/// Where a secret is kept, as written in a setting: `env:NAME`, `file:PATH`, `fd:N`, `cmd:COMMAND`,
/// `literal:TEXT`, or the secret itself.
public enum SecretReference: Equatable, Sendable {
  case environment(String)
  case file(String)
  case descriptor(String)
  case command(String)
  case literal(Secret)

  public init(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let rest = parts.count == 2 ? String(parts[1]) : ""
    switch parts.count == 2 ? parts[0] : "" {
    case "env": self = .environment(rest)
    case "file": self = .file(rest)
    case "fd": self = .descriptor(rest)
    case "cmd": self = .command(rest)
    case "literal": self = .literal(Secret(rest))
    default: self = .literal(Secret(text))
    }
  }

  public var runsCommand: Bool { if case .command = self { true } else { false } }
  public var isLiteral: Bool { if case .literal = self { true } else { false } }

  /// Longer than any password or token.
  private static let sizeLimit = 1 << 20

  /// Fetches the secret: of a file, a descriptor and a command the first line.
  ///
  /// A relative path starts from `folder`. Throws `notFound` for an unset variable or a missing file,
  /// `failed` for a command that fails, `usage` for a malformed reference.
  public func fetch(
    folder: String? = nil, _ operation: OperationContext
  ) throws(AdapterError) -> Secret {
    switch self {
    case .literal(let secret): return secret
    case .environment(let name):
      guard let value = Environment.value(name) else {
        throw AdapterError(.notFound, "the secret's variable \(name) is not set")
      }
      return Secret(value)
    case .file(let path):
      return try firstLine(of: ConfigPath.resolve(path, folder: folder), operation)
    case .descriptor(let text): return try firstLine(ofDescriptor: text)
    case .command(let command): return try SecretCommand.run(command, operation)
    }
  }

  private func firstLine(
    of path: String, _ operation: OperationContext
  ) throws(AdapterError) -> Secret {
    do throws(Errno) {
      let file = try SmallFile(reading: path, limit: Self.sizeLimit)
      if file.isReadableByOthers {
        operation.note("\(path) holds a secret that others can read; try: chmod 600 \(path)")
      }
      return Self.firstLine(file.bytes)
    } catch {
      throw AdapterError(error, doing: "read the secret", path: path)
    }
  }

  private func firstLine(ofDescriptor text: String) throws(AdapterError) -> Secret {
    guard let number = Int32(text), number >= 0 else {
      throw AdapterError(.usage, "fd:\(text) names no file descriptor", hint: "write fd:3 or so")
    }
    do throws(Errno) {
      let descriptor = FileDescriptor(owning: number)
      return Self.firstLine(try SmallFile(descriptor, limit: Self.sizeLimit).bytes)
    } catch {
      throw AdapterError(
        .io, "cannot read the secret from fd:\(number): \(error.message)", code: error.name)
    }
  }

  static func firstLine(_ bytes: [UInt8]) -> Secret {
    Secret(String(decoding: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self))
  }
}
