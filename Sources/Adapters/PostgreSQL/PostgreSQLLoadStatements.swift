import AdapterCore

/// The statements of a load.
struct PostgreSQLLoadStatements {
  private static let temporary = "nb_load"

  private let database: PostgreSQLDatabase
  private let request: LoadRequest
  private let key: [String]
  private let names: [String]
  private let table: String

  init(_ loader: PostgreSQLLoader) {
    database = loader.database
    request = loader.request
    let dialect = loader.database.dialect
    names = loader.columns.map { dialect.quote($0.column.name) }
    table = dialect.quote(loader.relation.name)
    if case .upsert(let columns) = loader.request.mode {
      key = columns.map { name in
        dialect.quote((try? loader.tableColumn(for: name).column.name) ?? name)
      }
    } else {
      key = []
    }
  }

  private var isUpsert: Bool { !key.isEmpty }
  private var list: String { names.joined(separator: ", ") }

  var delete: String { "DELETE FROM \(table)" }

  /// Starts a batch.
  var copy: String {
    "COPY \(isUpsert ? source : table) (\(list)) FROM STDIN"
  }

  /// Carries a batch from the temporary table over; nil where rows go straight into the table.
  var merge: String? {
    guard isUpsert else { return nil }
    return """
      SAVEPOINT nb_merge; \(insertion()); RELEASE SAVEPOINT nb_merge;
      TRUNCATE \(source)
      """
  }

  /// Carries over the first so many rows of a batch for which `merge` failed, after what the attempt
  /// before it did is undone.
  func merge(first rows: Int) -> String {
    "ROLLBACK TO SAVEPOINT nb_merge; "
      + insertion(
        "WHERE ctid <= (SELECT ctid FROM \(source) ORDER BY ctid OFFSET \(rows - 1) LIMIT 1)")
  }

  private var source: String { "pg_temp.\(Self.temporary)" }

  /// Of rows with the same key the last one counts, as if they had come one by one: in the temporary
  /// table, where nothing else is done to rows, they stand in this order.
  private func insertion(_ condition: String = "") -> String {
    let keys = key.joined(separator: ", ")
    return """
      INSERT INTO \(table) (\(list)) OVERRIDING SYSTEM VALUE SELECT \(list) FROM (
        SELECT DISTINCT ON (\(keys)) * FROM \(source) \(condition)
        ORDER BY \(keys), ctid DESC) AS batch \(conflict)
      """
  }

  private var conflict: String {
    let updates = names.filter { !key.contains($0) }.map { "\($0) = excluded.\($0)" }
    let action = updates.isEmpty ? "NOTHING" : "UPDATE SET \(updates.joined(separator: ", "))"
    return "ON CONFLICT (\(key.joined(separator: ", "))) DO \(action)"
  }

  /// Makes the temporary table of an upsert; throws `failed` when the key is none.
  func prepare() throws(AdapterError) {
    guard isUpsert else { return }
    do throws(AdapterError) {
      try database.run(
        "INSERT INTO \(table) (\(list)) OVERRIDING SYSTEM VALUE SELECT \(list) FROM \(table) "
          + "LIMIT 0 \(conflict)")
    } catch {
      guard error.code == "42P10" else { throw error }
      throw AdapterError(
        .failed,
        "\(request.table.description) has no unique key of the columns "
          + key.joined(separator: ", "),
        hint: "the key must be the PRIMARY KEY, or the columns of a UNIQUE constraint or index")
    }
    let earlier = try database.rows("SELECT to_regclass('\(source)')")
    // A load that failed may have left it; IF EXISTS would say each time that there is none.
    if earlier.first?.first?.string != nil {
      try database.run("DROP TABLE \(source)")
    }
    try database.run(
      "CREATE TEMP TABLE \(Self.temporary) ON COMMIT DELETE ROWS "
        + "AS SELECT \(list) FROM \(table) LIMIT 0")
  }

  func cleanUp() throws(AdapterError) {
    if isUpsert { try database.run("DROP TABLE \(source)") }
  }
}
