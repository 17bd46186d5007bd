/// The lexical rules of an engine's SQL: all that splitting, quoting and finding placeholders need.
public struct SQLDialect: Equatable, Sendable {
  public var name: String
  /// `$tag$ … $tag$` strings (PostgreSQL).
  public var hasDollarQuotes = false
  /// `\` escapes in every quoted string (MySQL).
  public var hasBackslashEscapes = false
  /// `E'…'` strings with backslash escapes (PostgreSQL).
  public var hasEscapeStrings = false
  /// `/* /* */ */` (PostgreSQL).
  public var hasNestedComments = false
  /// `--` begins a comment only before white space or the end (MySQL: `5--3` is 8).
  public var hasStrictDashComments = false
  /// `/*! … */` holds code, not a comment (MySQL).
  public var hasExecutableComments = false
  /// `# …` comments (MySQL).
  public var hasHashComments = false
  /// `` `name` `` identifiers.
  public var hasBacktickQuotes = false
  /// `[name]` identifiers (SQLite).
  public var hasBracketQuotes = false
  /// `CREATE TRIGGER … BEGIN …; …; END` is one statement.
  public var hasTriggerBodies = false
  /// `BEGIN ATOMIC … END` function bodies (PostgreSQL).
  public var hasAtomicBodies = false
  /// A `;` within parentheses ends nothing (PostgreSQL: `CREATE RULE … DO (…; …)`).
  public var keepsParenthesesTogether = false
  /// `DELIMITER xx` lines (mysql client).
  public var hasDelimiterCommand = false
  /// `COPY … FROM stdin;` in a script is followed by its data, and a line may be a command of psql's.
  public var hasCopyData = false
  /// `?` is an operator too (PostgreSQL's jsonb): a placeholder only where an operand stands.
  public var hasQuestionOperators = false
  /// The character that quotes an identifier.
  public var identifierQuote: Character = "\""
  /// Whether DDL is rolled back with its transaction.
  public var hasTransactionalDDL = true

  public init(name: String) { self.name = name }

  /// The identifier quoted, its quotes doubled.
  public func quote(_ identifier: String) -> String {
    let quote = String(identifierQuote)
    let parts = identifier.split(separator: identifierQuote, omittingEmptySubsequences: false)
    return quote + parts.joined(separator: quote + quote) + quote
  }

  public func quote(_ table: TableName) -> String {
    table.schema.map { quote($0) + "." + quote(table.name) } ?? quote(table.name)
  }

  /// A string literal for places where nothing can be bound (DDL).
  public func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
