import AdapterCore

/// One direction of one migration, ready to run.
public struct MigrationStep: Equatable, Sendable {
  public let direction: MigrationDirection
  public let migration: Migration
  /// As the history writes it: a file's 001 and a row's 1 are the same version.
  let recordedVersion: MigrationVersion
  /// All statements that run, resumed ones left out.
  public let statements: MigrationStatements
  /// How many are left out because an earlier run has done them.
  public let doneStatements: Int
  public let isTransactional: Bool
  /// Whether foreign keys are not enforced meanwhile, and are checked at its end.
  public let suspendsForeignKeys: Bool

  /// What it does as SQL, for `plan`.
  func write(_ take: (String) throws(AdapterError) -> Void) throws(AdapterError) {
    let place =
      migration.files.isEmpty ? "from the history" : migration.files.joined(separator: ", ")
    try take("-- \(direction.rawValue) \(migration.label) (\(place))\n")
    if doneStatements > 0 { try take("-- resumes after statement \(doneStatements)\n") }
    for statement in statements {
      try take(
        statement.text.utf8.last == UInt8(ascii: ";") ? statement.text : statement.text + ";")
      try take("\n")
    }
  }
}

/// Steps that happen together: all in one transaction, or one step outside of any.
public struct MigrationUnit: Equatable, Sendable {
  public let steps: [MigrationStep]

  public var isTransactional: Bool { steps.allSatisfy(\.isTransactional) }
  var suspendsForeignKeys: Bool { steps.contains(where: \.suspendsForeignKeys) }

  /// Passes on the SQL in the order it runs, without the history's own, piece by piece.
  public func write(_ take: (String) throws(AdapterError) -> Void) throws(AdapterError) {
    if suspendsForeignKeys {
      try take("-- foreign keys are not enforced until the commit, and checked before it\n")
    }
    try take(isTransactional ? "BEGIN;\n" : "-- outside a transaction\n")
    for step in steps { try step.write(take) }
    if isTransactional { try take("COMMIT;\n") }
  }
}
