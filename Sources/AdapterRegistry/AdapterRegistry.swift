import AdapterCore
import SQLite

/// URL scheme → adapter: one line per backend.
public enum AdapterRegistry {
  /// Opens a connection to a relational database.
  public typealias SQLOpener =
    @Sendable (Target.Address, SQLOpenOptions, OperationContext) throws(AdapterError) ->
    any SQLDatabase

  /// The relational backends by scheme.
  static let sqlAdapters: [(schemes: [String], open: SQLOpener)] = [
    (SQLiteAdapter.schemes, SQLiteAdapter.open)
  ]

  /// All schemes of relational databases, for messages and completion.
  public static var sqlSchemes: [String] { sqlAdapters.flatMap(\.schemes) }

  /// Opens the database at `address`; throws `unavailable` for a scheme that no adapter serves.
  public static func openSQL(
    _ address: Target.Address, _ options: SQLOpenOptions, _ operation: OperationContext
  ) throws(AdapterError) -> any SQLDatabase {
    for adapter in sqlAdapters where adapter.schemes.contains(address.scheme) {
      return try adapter.open(address, options, operation)
    }
    throw AdapterError(
      .unavailable, "no SQL database is served at \(address.scheme):",
      hint: "known: \(sqlSchemes.map { $0 + ":" }.joined(separator: ", ")); "
        + "a file whose name holds a colon is reached as ./NAME")
  }
}
