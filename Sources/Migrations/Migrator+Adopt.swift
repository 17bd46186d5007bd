import AdapterCore
import Platform

extension Migrator {
  /// What an adoption took over.
  public struct Adoption: Equatable, Sendable {
    public let from: ForeignHistory
    public let rows: [AppliedMigration]
    /// Applied by the other tool, but without a file.
    public var missing: [AppliedMigration] { rows.filter(\.checksum.isEmpty) }
  }

  /// What `adopt` would take over from the table `name`, or from the one that looks like a history.
  ///
  /// Throws `notFound` without one, `conflict` when there are several, when it is dirty, and when
  /// nb has a history already.
  public func adoptable(table name: String? = nil) throws(AdapterError) -> Adoption {
    guard try history.load().isEmpty else {
      throw AdapterError(
        .conflict, "\(database.displayName) has a history of nb already",
        hint: "nb db migrate status shows it")
    }
    let found = try ForeignHistory.find(in: database, named: name)
    guard let foreign = found.first else {
      throw AdapterError(
        .notFound, "\(database.displayName) has no history of dbmate, golang-migrate or goose",
        hint: "name its table with --table")
    }
    guard found.count == 1 else {
      throw AdapterError(
        .conflict, "several tables look like a history of migrations",
        hint: "choose one with --table",
        details: found.map { "\($0.table.description) (\($0.tool.rawValue))" })
    }
    guard !foreign.isDirty else {
      throw AdapterError(
        .conflict,
        "\(foreign.table.description) is dirty: \(foreign.tool.rawValue) stopped within "
          + "migration \(foreign.versions.last?.text ?? "")",
        hint: "bring it in order with \(foreign.tool.rawValue) first, then adopt")
    }
    return Adoption(from: foreign, rows: adopted(foreign))
  }

  /// Takes the history over, in one transaction; with `drop` the other tool's table goes with it.
  public func adopt(
    table name: String? = nil, drop: Bool,
    approve: (Adoption) throws(AdapterError) -> Void = { _ in }
  ) throws(AdapterError) -> Adoption {
    try withLock { lock throws(AdapterError) in
      let adoption = try adoptable(table: name)
      try approve(adoption)
      try database.transaction(.write) { () throws(AdapterError) in
        try lock.confirm()
        try history.createIfMissing()
        for row in adoption.rows { try history.insert(row) }
        if drop {
          try database.execute("DROP TABLE \(database.dialect.quote(adoption.from.table))")
        }
      }
      return adoption
    }
  }

  private func adopted(_ foreign: ForeignHistory) -> [AppliedMigration] {
    let now = UTCTime.now.iso8601
    return foreign.applied(of: migrations).map { version in
      let migration = migrations.first { $0.version == version }
      return AppliedMigration(
        version: migration?.version ?? version, name: migration?.name ?? "",
        checksum: migration?.checksum ?? "",
        appliedAt: now, origin: .adopted, source: migration?.source)
    }
  }

  /// Applying everything once more to a database that another tool migrated would fail half-way.
  func refuseUnadoptedHistory() throws(AdapterError) {
    let known = Set(migrations.map(\.version))
    for foreign in try ForeignHistory.find(in: database)
    where foreign.versions.contains(where: known.contains) {
      throw AdapterError(
        .conflict,
        "\(database.displayName) was migrated by \(foreign.tool.rawValue): "
          + "\(foreign.table.description) lists applied migrations",
        hint: "nb db migrate adopt takes its history over")
    }
  }
}
