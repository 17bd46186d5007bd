import Foundation
import TestSupport
import Testing

/// A folder with databases for one test, and nb run in it.
struct Fixture {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Runs nb with the folder as working directory and HOME.
  func nb(
    _ arguments: String..., input: String = "", environment: [String: String] = [:]
  ) throws -> NB.Result {
    try NB.run(
      arguments, input: Data(input.utf8), environment: environment, in: directory)
  }

  /// Runs nb and returns stdout; a test fails when the status is not 0.
  @discardableResult
  func ok(
    _ arguments: String..., input: String = "", sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    let result = try NB.run(arguments, input: Data(input.utf8), in: directory)
    #expect(result.status == 0, "\(arguments): \(result.errors)", sourceLocation: sourceLocation)
    return result.output
  }

  /// Runs a bash script in the folder, with nb on its PATH.
  func shell(_ script: String) throws -> NB.Result {
    try NB.shell(script, in: directory)
  }

  /// A database with users 1 Ann 30, 2 Bob NULL, 3 Čenĕk 41.
  func makeUsers() throws {
    try ok(
      "db", "exec", "app.db", "--create",
      """
      create table users (id integer primary key, name text not null, age integer);
      insert into users values (1, 'Ann', 30), (2, 'Bob', null), (3, 'Čenĕk', 41);
      """)
  }
}
