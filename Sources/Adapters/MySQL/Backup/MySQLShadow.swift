import AdapterCore
import Platform

/// A restore by way of databases beside the one that is restored, for DDL commits at once.
///
/// All of the backup is loaded into the first, where whatever is wrong with it shows. Then one RENAME
/// TABLE moves the old tables into the second and the new ones into their place: others see the old
/// tables or the new ones. Views, routines, triggers and events cannot be moved; they are made
/// anew right after.
final class MySQLShadow {
  private typealias Part = MySQLDefinitions.Part

  private let database: MySQLDatabase
  private let target: String
  private let fresh: String
  private let old: String
  /// What is made anew, with the part of the dump that it stands in.
  private var definitions: [(part: MySQLDefinitions.Part, statement: SQLText)] = []

  init(of target: String, on database: MySQLDatabase) {
    self.database = database
    self.target = target
    let number = makeUniqueName()
    fresh = "nb_restore_\(number)"
    old = "nb_restore_\(number)_old"
  }

  private func quote(_ name: String) -> String { database.dialect.quote(name) }

  func replace(
    by file: DumpFile, named path: String, _ progress: (BackupProgress) -> Void
  ) throws(AdapterError) {
    try noteLeftovers()
    do throws(AdapterError) {
      try create()
      try database.run("USE \(quote(fresh))")
      try file.load(progress: progress) { () throws(AdapterError) in
        try load(file, named: path)
      }
      try exchangeTables()
    } catch {
      removeBoth()
      var error = error
      if error.kind != .cancelled { error.details.append("  nothing was changed") }
      throw error
    }
    try define()
    removeBoth()
  }

  /// Tells of databases that a restore before left when it was killed. Another one may be at work in
  /// them, so that they are not for this one to drop.
  private func noteLeftovers() throws(AdapterError) {
    let found = try database.rows(
      """
      SELECT schema_name FROM information_schema.schemata
      WHERE schema_name REGEXP '^nb_restore_[0-9a-z]+(_old)?$' ORDER BY schema_name
      """
    ).compactMap { $0[0].string }
    guard !found.isEmpty else { return }
    database.operation.note(
      "left by a restore that was killed, unless one is running now: \(found.joined(separator: ", "));"
        + " drop what nobody needs")
  }

  // MARK: Loading

  /// Makes both databases, with the character set of the one that is restored.
  private func create() throws(AdapterError) {
    let row = try database.rows(
      """
      SELECT default_character_set_name, default_collation_name FROM information_schema.schemata
      WHERE schema_name = DATABASE()
      """
    ).first
    let characters =
      "CHARACTER SET \(row?[0].string ?? "utf8mb4") COLLATE \(row?[1].string ?? "utf8mb4_general_ci")"
    do throws(AdapterError) {
      try database.run("CREATE DATABASE \(quote(fresh)) \(characters)")
      try database.run("CREATE DATABASE \(quote(old)) \(characters)")
    } catch {
      var error = error
      if error.kind == .denied {
        error.message = "a restore makes databases of its own: \(error.message)"
        error.hint = "GRANT ALL ON `nb\\_restore\\_%`.* TO the user, or restore as another one"
      }
      throw error
    }
  }

  /// Runs the dump in the fresh database. Events, which would happen there, are only kept.
  private func load(_ file: DumpFile, named path: String) throws(AdapterError) {
    let script = SQLScript(file, dialect: .mysql, name: path)
    var part: Part?
    while let statement = try script.next() {
      try database.operation.cancellation.check()
      if let next = Part.allCases.first(where: { $0.marker == statement.text }) {
        part = next
        continue
      }
      if let part { definitions.append((part, statement)) }
      if part != .events { try run(statement) }
    }
    for removal in try MySQLDefinitions(database).removals(.triggers) { try database.run(removal) }
  }

  private func run(_ statement: SQLText) throws(AdapterError) {
    do throws(AdapterError) {
      try database.run(statement.text)
    } catch {
      throw located(error, statement)
    }
  }

  private func located(_ error: AdapterError, _ statement: SQLText) -> AdapterError {
    var error = error
    error.position = statement.position
    // Of an INSERT of a thousand rows nobody wants to see the line.
    error.details = []
    return error
  }

  // MARK: Exchanging

  /// Puts the fresh tables in the place of the old ones, in one statement. A table with triggers does
  /// not move, so the old ones go first, and come back when that fails.
  private func exchangeTables() throws(AdapterError) {
    let moves =
      try tables(of: target).map { "\(quote(target)).\($0) TO \(quote(old)).\($0)" }
      + tables(of: fresh).map { "\(quote(fresh)).\($0) TO \(quote(target)).\($0)" }
    try database.run("USE \(quote(target))")
    var removed: [MySQLDefinitions.Definition] = []
    do throws(AdapterError) {
      for trigger in try MySQLDefinitions(database).read(.triggers) {
        try database.run("DROP TRIGGER IF EXISTS \(quote(trigger.name))")
        removed.append(trigger)
      }
      try database.operation.cancellation.check()
      if !moves.isEmpty { try database.run("RENAME TABLE \(moves.joined(separator: ", "))") }
    } catch {
      for trigger in removed {
        database.runQuietly("SET \(trigger.settings)")
        database.runQuietly(trigger.sql)
      }
      throw error
    }
  }

  private func tables(of name: String) throws(AdapterError) -> [String] {
    try database.rows(
      """
      SELECT table_name FROM information_schema.tables
      WHERE table_schema = ? AND table_type NOT LIKE '%VIEW'
      """, [.text(name)]
    ).compactMap { $0[0].string.map(quote) }
  }

  // MARK: Defining

  /// Makes all but tables anew; cancelled or not, for the tables are new already.
  private func define() throws(AdapterError) {
    let known = MySQLDefinitions(database)
    for part in [Part.events, .views, .routines] {
      for removal in (try? known.removals(part)) ?? [] { database.runQuietly(removal) }
    }
    for (_, statement) in definitions {
      guard let failure = database.runRegardless(statement.text) else { continue }
      var error = located(database.error(failure, doing: .statement(statement)), statement)
      error.details.append(
        "  the tables are those of the backup; the views, routines, triggers and events from here on "
          + "are missing")
      error.details.append("  the tables of before are in the database \(old)")
      database.runQuietly("DROP DATABASE IF EXISTS \(quote(fresh))")
      throw error
    }
    moveSequences()
  }

  /// Columns whose default is a sequence's next value name the database that they were made in.
  private func moveSequences() {
    let rows = try? database.rows(
      """
      SELECT table_name, column_name, column_default FROM information_schema.columns
      WHERE table_schema = DATABASE() AND instr(column_default, ?) > 0
      """, [.text(quote(fresh) + ".")])
    for row in rows ?? [] {
      let expression = (row[2].string ?? "")
        .split(separator: quote(fresh), omittingEmptySubsequences: false)
        .joined(separator: quote(target))
      database.runQuietly(
        "ALTER TABLE \(quote(row[0].string ?? "")) ALTER COLUMN \(quote(row[1].string ?? "")) "
          + "SET DEFAULT \(expression)")
    }
  }

  private func removeBoth() {
    database.runQuietly("USE \(quote(target))")
    database.runQuietly("DROP DATABASE IF EXISTS \(quote(fresh))")
    database.runQuietly("DROP DATABASE IF EXISTS \(quote(old))")
  }
}
