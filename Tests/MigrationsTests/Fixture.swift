import AdapterCore
import Foundation
import SQLite
import TestSupport

@testable import Migrations

/// A database and a folder of migrations of a test's own.
final class Fixture {
  let directory: TemporaryDirectory
  let database: any SQLDatabase
  let operation = OperationContext()

  init(_ files: [String: String] = [:]) throws {
    directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: directory.file("migrations"), withIntermediateDirectories: false)
    database = try SQLiteAdapter.open(
      Target.Address(scheme: "sqlite", path: directory.file("app.db")),
      SQLOpenOptions(access: .create), operation)
    for (name, text) in files { try write(text, to: name) }
  }

  func write(_ text: String, to name: String) throws {
    try directory.write(text, to: "migrations/" + name)
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: directory.file("migrations/" + name))
  }

  /// Reads the folder anew.
  var migrator: Migrator {
    get throws(AdapterError) {
      Migrator(
        database: database,
        migrations: try MigrationDirectory(directory.file("migrations")).load(),
        operation: operation, locking: MigrationLocking(timeout: .seconds(5)))
    }
  }

  /// Runs and returns what ran, as `up 1_a`.
  @discardableResult
  func run(
    _ goal: MigrationGoal, _ policy: OutOfOrderPolicy = .error
  ) throws(AdapterError) -> [String] {
    var ran: [String] = []
    try migrator.run(
      goal, policy,
      didRun: { unit, _ in
        ran += unit.steps.map { "\($0.direction.rawValue) \($0.migration.label)" }
      })
    return ran
  }

  /// `1 applied` and so on.
  var states: [String] {
    get throws(AdapterError) {
      try migrator.status().map { "\($0.version.text) \($0.state.rawValue)" }
    }
  }

  var tables: [String] {
    get throws(AdapterError) {
      try database.schema(table: nil).tables.map(\.name.name).filter { $0 != "nb_migrations" }
    }
  }

  func execute(_ sql: String) throws(AdapterError) {
    for statement in try StatementSplitter.split(sql, dialect: .sqlite) {
      try database.execute(statement.text)
    }
  }
}
