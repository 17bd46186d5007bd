import AdapterCore

/// Decides which steps lead from the history to a goal. Pure: it reads and changes nothing.
struct MigrationPlanner {
  /// By version.
  let migrations: [Migration]
  /// By version.
  let history: [AppliedMigration]
  let dialect: SQLDialect
  var policy = OutOfOrderPolicy.error
  /// What a statement does to the enforcement of foreign keys; nil: nothing.
  var foreignKeySetting: (SQLText) -> Bool? = { _ in nil }

  /// Throws `conflict` for drift, for a migration out of order and for a half-run one in the way,
  /// `notFound` for an unknown version, `data` for a file that can't be run as it stands.
  func units(for goal: MigrationGoal) throws(AdapterError) -> [MigrationUnit] {
    try checkDrift()
    switch goal {
    case .up(let limit): return single(try up(through: nil, limit: limit))
    case .down(let limit): return single(try down(to: nil, limit: limit))
    case .redo(let count): return try redo(count)
    case .to(let version):
      try checkExists(version)
      return single(
        try down(to: version, limit: nil) + up(through: version, limit: nil))
    }
  }

  private func single(_ steps: [MigrationStep]) -> [MigrationUnit] {
    steps.map { MigrationUnit(steps: [$0]) }
  }

  // MARK: Directions

  private func up(
    through last: MigrationVersion?, limit: Int?
  ) throws(AdapterError) -> [MigrationStep] {
    let isWanted = { (version: MigrationVersion) in last.map { version <= $0 } ?? true }
    var steps: [MigrationStep] = []
    for row in history where row.state != .applied && isWanted(row.version) {
      guard row.state == .applying else { throw halfRun(row, finish: "down") }
      steps.append(try step(.up, try file(of: row), row))
    }
    let known = Set(history.map(\.version))
    let pending = migrations.filter { !known.contains($0.version) && isWanted($0.version) }
    let newest = history.last { isWanted($0.version) }?.version
    for migration in pending {
      if let newest, migration.version < newest {
        switch policy {
        case .apply: break
        case .skip: continue
        case .error: throw outOfOrder(migration, newest)
        }
      }
      steps.append(try step(.up, migration, nil))
    }
    return limit.map { Array(steps.prefix($0)) } ?? steps
  }

  private func down(
    to last: MigrationVersion?, limit: Int?
  ) throws(AdapterError) -> [MigrationStep] {
    let rows = history.filter { row in last.map { row.version > $0 } ?? true }
    for row in rows where row.state == .applying { throw halfRun(row, finish: "up") }
    // One that is half reverted comes first, whatever its version.
    let ordered =
      rows.filter { $0.state == .reverting } + rows.filter { $0.state == .applied }.reversed()
    var steps: [MigrationStep] = []
    for row in ordered.prefix(limit ?? ordered.count) {
      steps.append(try step(.down, try fileOrRecord(of: row), row))
    }
    return steps
  }

  private func redo(_ count: Int) throws(AdapterError) -> [MigrationUnit] {
    if let row = history.first(where: { $0.state != .applied }) {
      throw halfRun(row, finish: row.state == .applying ? "up" : "down")
    }
    let downs = try down(to: nil, limit: count)
    var ups: [MigrationStep] = []
    for step in downs.reversed() {
      guard let migration = migrations.first(where: { $0.version == step.migration.version }) else {
        throw AdapterError(
          .notFound, "\(step.migration.label) has no file any more",
          hint: "nb db migrate down reverts it with the text in the history")
      }
      ups.append(try self.step(.up, migration, nil))
    }
    let together = MigrationUnit(steps: downs + ups)
    if downs.isEmpty { return [] }
    return together.isTransactional ? [together] : single(downs + ups)
  }

  // MARK: Steps

  private func step(
    _ direction: MigrationDirection, _ migration: Migration, _ row: AppliedMigration?
  ) throws(AdapterError) -> MigrationStep {
    guard let section = migration.section(direction) else { throw noSection(direction, migration) }
    var statements = try section.statements(dialect)
    guard !statements.isEmpty else { throw noSection(direction, migration) }
    let done = row.map { $0.state == .applied ? 0 : $0.statements } ?? 0
    if done > 0, let row { try checkDone(statements, direction, migration, row) }
    statements.removeFirst(done)
    let isTransactional = section.isTransactional && dialect.hasTransactionalDDL
    var suspends = false
    if isTransactional {
      suspends = try takeForeignKeySettings(from: &statements)
      try refuseTransactionControl(statements)
    }
    return MigrationStep(
      direction: direction, migration: migration,
      recordedVersion: row?.version ?? migration.version, statements: statements,
      doneStatements: done, isTransactional: isTransactional, suspendsForeignKeys: suspends)
  }

  /// Takes out the settings that a transaction would silently ignore: "off" at the head, and "on"
  /// at the end, which the runner restores by itself. True when there was an "off".
  private func takeForeignKeySettings(
    from statements: inout MigrationStatements
  ) throws(AdapterError) -> Bool {
    let head = statements.prefix { foreignKeySetting($0) != nil }
    let isOff = head.contains { foreignKeySetting($0) == false }
    statements.removeFirst(head.count)
    while let last = statements.last, foreignKeySetting(last) == true { statements.removeLast() }
    for statement in statements where foreignKeySetting(statement) != nil {
      throw AdapterError(
        .data, "foreign keys cannot be switched within a transaction",
        position: statement.position,
        hint: "put it before the section's other statements, or say transaction:false")
    }
    return isOff
  }

  private func refuseTransactionControl(_ statements: MigrationStatements) throws(AdapterError) {
    for statement in statements where statement.transactionControl(in: dialect) != nil {
      throw AdapterError(
        .data, "the migration runs in a transaction of its own", position: statement.position,
        hint: "remove this statement, or say transaction:false")
    }
  }

  /// The statements that ran must still be the ones in front; those after may have been corrected.
  private func checkDone(
    _ statements: MigrationStatements, _ direction: MigrationDirection, _ migration: Migration,
    _ row: AppliedMigration
  ) throws(AdapterError) {
    if row.checksum == migration.checksum, row.statements <= statements.count { return }
    let recorded = try row.recordedMigration()?.section(direction)?.statements(dialect)
    let done = recorded?.prefix(row.statements).map(\.text) ?? []
    guard done.count == row.statements, statements.prefix(done.count).map(\.text) == done else {
      throw AdapterError(
        .conflict,
        "\(row.label) stopped after statement \(row.statements), and what ran has changed since",
        hint: "restore those statements, or settle it with nb db migrate repair --mark")
    }
  }

  // MARK: Lookups and refusals

  private func file(of row: AppliedMigration) throws(AdapterError) -> Migration {
    if let migration = migrations.first(where: { $0.version == row.version }) { return migration }
    throw AdapterError(
      .conflict, "\(row.label) is half applied, and its file is gone",
      hint: "restore the file, or settle it with nb db migrate repair --mark")
  }

  private func fileOrRecord(of row: AppliedMigration) throws(AdapterError) -> Migration {
    if let migration = migrations.first(where: { $0.version == row.version }) { return migration }
    if let recorded = try row.recordedMigration() { return recorded }
    throw AdapterError(
      .notFound, "\(row.label) has no file, and the history does not hold its text",
      hint: "restore the file")
  }

  private func checkExists(_ version: MigrationVersion) throws(AdapterError) {
    if version == MigrationVersion("0") || history.contains(where: { $0.version == version })
      || migrations.contains(where: { $0.version == version })
    {
      return
    }
    let hint =
      closestMatch(to: version.text, in: migrations.map(\.version.text))
      .map { "did you mean \($0)?" } ?? "nb db migrate status lists them"
    throw AdapterError(.notFound, "there is no migration \(version.text)", hint: hint)
  }

  private func checkDrift() throws(AdapterError) {
    let changed = MigrationDrift.find(migrations, history).filter { $0.kind == .changed }
    guard !changed.isEmpty else { return }
    let subject =
      changed.count == 1
      ? "an applied migration was" : "\(changed.count) applied migrations were"
    throw AdapterError(
      .conflict, "\(subject) changed afterwards",
      hint: "nb db migrate verify shows the changes, repair accepts them",
      details: changed.map(\.summary))
  }

  private func noSection(
    _ direction: MigrationDirection, _ migration: Migration
  ) -> AdapterError {
    let section = migration.section(direction)
    let what = section == nil ? "has no section for" : "has no statement in its section for"
    let hint =
      direction == .down
      ? "write -- migrate:down with what undoes it (SELECT 1; when nothing does)"
      : "write its statements, or remove the file"
    return AdapterError(
      direction == .down ? .failed : .data, "\(migration.label) \(what) \(direction.rawValue)",
      position: migration.files.last.map { SourcePosition(file: $0, line: 1) }, hint: hint)
  }

  private func outOfOrder(
    _ migration: Migration, _ newest: MigrationVersion
  ) -> AdapterError {
    AdapterError(
      .conflict, "\(migration.label) is pending, but older than \(newest.text), which is applied",
      hint: "--out-of-order apply runs it, --out-of-order skip leaves it out")
  }

  private func halfRun(_ row: AppliedMigration, finish: String) -> AdapterError {
    let what = row.state == .applying ? "applied" : "reverted"
    return AdapterError(
      .conflict, "\(row.label) is only half \(what): \(row.statements) statements are done",
      hint: "nb db migrate \(finish) finishes it; nb db migrate repair --mark settles it by hand")
  }
}
