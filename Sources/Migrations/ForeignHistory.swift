import AdapterCore

/// Another tool's record of what it applied, recognised by its columns, whatever its name.
public struct ForeignHistory: Equatable, Sendable {
  public enum Tool: String, Sendable {
    case dbmate
    case golangMigrate = "golang-migrate"
    case goose

    /// The tool whose table has just these columns.
    init?(columns: [String]) {
      switch Set(columns.map { $0.lowercased() }) {
      case ["version"]: self = .dbmate
      case ["version", "dirty"]: self = .golangMigrate
      case ["id", "version_id", "is_applied", "tstamp"]: self = .goose
      default: return nil
      }
    }
  }

  public let tool: Tool
  public let table: TableName
  /// Whether golang-migrate stopped in the middle of a file.
  public let isDirty: Bool
  /// dbmate, goose: the versions applied; golang-migrate: the newest only.
  let versions: [MigrationVersion]

  /// The tables that look like one, with what they hold. A table named by `name` alone is read when
  /// it is given; throws `notFound` when there is none of that name, `data` when it is no history.
  static func find(
    in database: any SQLDatabase, named name: String? = nil
  ) throws(AdapterError) -> [ForeignHistory] {
    var found: [ForeignHistory] = []
    for table in try database.schema(table: name).tables where table.kind == .table {
      guard let tool = Tool(columns: table.columns.map(\.name)),
        let history = try read(tool, table.name, database)
      else { continue }
      found.append(history)
    }
    if let name, found.isEmpty {
      throw AdapterError(
        .data, "\(name) is no history of dbmate, golang-migrate or goose",
        hint: "nb db schema shows its columns")
    }
    return found
  }

  /// nil when the values are no versions: it only happens to have such columns.
  private static func read(
    _ tool: Tool, _ table: TableName, _ database: any SQLDatabase
  ) throws(AdapterError) -> ForeignHistory? {
    let name = database.dialect.quote(table)
    let rows: [[Value]]
    switch tool {
    case .dbmate: rows = try database.rows("SELECT version FROM \(name)")
    case .golangMigrate: rows = try database.rows("SELECT version, dirty FROM \(name)")
    case .goose:
      rows = try database.rows("SELECT version_id, is_applied FROM \(name) ORDER BY id")
    }
    var versions: [MigrationVersion] = []
    var isDirty = false
    for row in rows {
      guard let version = version(row[0]) else { return nil }
      switch tool {
      case .dbmate: versions.append(version)
      case .golangMigrate:
        versions.append(version)
        isDirty = isDirty || isTrue(row[1])
      case .goose:
        // The newest row of a version decides; goose's own seed is version 0.
        versions.removeAll { $0 == version }
        if isTrue(row[1]) && version != MigrationVersion("0") { versions.append(version) }
      }
    }
    return ForeignHistory(tool: tool, table: table, isDirty: isDirty, versions: versions.sorted())
  }

  private static func version(_ value: Value) -> MigrationVersion? {
    switch value {
    case .int(let number): MigrationVersion(String(number))
    case .text(let text), .decimal(let text): MigrationVersion(text)
    default: nil
    }
  }

  private static func isTrue(_ value: Value) -> Bool {
    switch value {
    case .bool(let flag): flag
    case .int(let number): number != 0
    case .text(let text): ["t", "true", "1"].contains(text.lowercased())
    default: false
    }
  }

  /// The versions that count as applied, given the files there are.
  func applied(of migrations: [Migration]) -> [MigrationVersion] {
    guard tool == .golangMigrate, let newest = versions.last else { return versions }
    let older = migrations.map(\.version).filter { $0 < newest }
    return older + [newest]
  }
}
