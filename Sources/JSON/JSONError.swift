/// Why bytes are not a JSON text (RFC 8259), and where.
public struct JSONError: Error, Equatable, Sendable {
  /// What is wrong, in one line: `expected ',' or '}' but found '1'`.
  public var message: String
  /// Bytes before the fault.
  public var offset: Int
  /// From 1; lines end at LF.
  public var line: Int
  /// From 1, in characters.
  public var column: Int

  public init(message: String, offset: Int, line: Int, column: Int) {
    self.message = message
    self.offset = offset
    self.line = line
    self.column = column
  }

  public var description: String { "line \(line):\(column): \(message)" }
}
