extension SQLDialect {
  /// SQLite (sqlite.org/lang.html).
  public static let sqlite: SQLDialect = {
    var dialect = SQLDialect(name: "sqlite")
    dialect.hasBacktickQuotes = true
    dialect.hasBracketQuotes = true
    dialect.hasTriggerBodies = true
    return dialect
  }()

  /// PostgreSQL with standard_conforming_strings on (postgresql.org, "Lexical Structure").
  public static let postgresql: SQLDialect = {
    var dialect = SQLDialect(name: "postgresql")
    dialect.hasDollarQuotes = true
    dialect.hasEscapeStrings = true
    dialect.hasNestedComments = true
    dialect.hasAtomicBodies = true
    dialect.keepsParenthesesTogether = true
    dialect.hasQuestionOperators = true
    dialect.hasCopyData = true
    return dialect
  }()

  /// MySQL and MariaDB without NO_BACKSLASH_ESCAPES, as their client reads it.
  public static let mysql: SQLDialect = {
    var dialect = SQLDialect(name: "mysql")
    dialect.hasBackslashEscapes = true
    dialect.hasStrictDashComments = true
    dialect.hasExecutableComments = true
    dialect.hasHashComments = true
    dialect.hasBacktickQuotes = true
    dialect.hasDelimiterCommand = true
    dialect.identifierQuote = "`"
    dialect.hasTransactionalDDL = false
    return dialect
  }()
}
