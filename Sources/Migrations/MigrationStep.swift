import AdapterCore

/// One direction of one migration, ready to run.
public struct MigrationStep: Equatable, Sendable {
  public let direction: MigrationDirection
  public let migration: Migration
  /// As the history writes it: a file's 001 and a row's 1 are the same version.
  let recordedVersion: MigrationVersion
  /// All statements that run, resumed ones left out.
  public let statements: [SQLText]
  /// How many are left out because an earlier run has done them.
  public let doneStatements: Int
  public let isTransactional: Bool
  /// Whether foreign keys are not enforced meanwhile, and are checked at its end.
  public let suspendsForeignKeys: Bool

  /// What it does as SQL, for `plan`.
  var lines: [String] {
    let place =
      migration.files.isEmpty ? "from the history" : migration.files.joined(separator: ", ")
    var lines = ["-- \(direction.rawValue) \(migration.label) (\(place))"]
    if doneStatements > 0 {
      lines.append("-- resumes after statement \(doneStatements)")
    }
    return lines + statements.map { $0.text.hasSuffix(";") ? $0.text : $0.text + ";" }
  }
}

/// Steps that happen together: all in one transaction, or one step outside of any.
public struct MigrationUnit: Equatable, Sendable {
  public let steps: [MigrationStep]

  public var isTransactional: Bool { steps.allSatisfy(\.isTransactional) }
  var suspendsForeignKeys: Bool { steps.contains(where: \.suspendsForeignKeys) }

  /// The SQL in the order it runs, without the history's own.
  public var sql: String {
    var lines: [String] = []
    if suspendsForeignKeys {
      lines.append("-- foreign keys are not enforced until the commit, and checked before it")
    }
    lines.append(isTransactional ? "BEGIN;" : "-- outside a transaction")
    for step in steps { lines += step.lines }
    if isTransactional { lines.append("COMMIT;") }
    return lines.joined(separator: "\n") + "\n"
  }
}
