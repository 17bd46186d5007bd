import Foundation
import TestSupport
import Testing

/// Settings of a connection, in a URL and in a profile, and NB_* variables that are wrong.
@Suite struct SettingsTests {
  private static let wrong: [(key: String, value: String, message: String)] = [
    ("bogus", "1", "SQLite has no setting 'bogus'"),
    ("busy_timeout", "zz", "busy_timeout takes milliseconds or a duration such as 5s, not 'zz'"),
    ("busy_timeout", "-1", "busy_timeout takes milliseconds or a duration such as 5s, not '-1'"),
    (
      "journal_mode", "abc",
      "journal_mode takes one of delete, truncate, persist, memory, wal, off, not 'abc'"
    ),
    ("cache_size", "abc", "cache_size takes a whole number, not 'abc'"),
    ("mmap_size", "many", "mmap_size takes a whole number, not 'many'"),
    ("synchronous", "4", "synchronous takes one of off, normal, full, extra, not '4'"),
    ("locking_mode", "x", "locking_mode takes one of normal, exclusive, not 'x'"),
    ("temp_store", "ram", "temp_store takes one of default, file, memory, not 'ram'"),
    ("foreign_keys", "maybe", "foreign_keys takes on or off, not 'maybe'"),
    ("page_size", "1000", "page_size takes a power of two from 512 to 65536, not '1000'"),
    ("immutable", "x", "immutable takes on or off, not 'x'"),
    ("vfs", "nowhere", "SQLite has no vfs 'nowhere'"),
  ]

  @Test(arguments: wrong, ["query", "exec"])
  func aWrongSettingOfAURLIsAUsageError(
    _ wrong: (key: String, value: String, message: String), _ verb: String
  ) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb(
      "db", verb, "sqlite:app.db?\(wrong.key)=\(wrong.value)", "select 1")
    #expect(result.status == 2)
    #expect(result.errors.hasPrefix("nb: \(wrong.message)\n"))
    #expect(result.output == "")
  }

  @Test(arguments: wrong)
  func aWrongSettingOfAProfileIsNamedWithItsPlace(
    _ wrong: (key: String, value: String, message: String)
  ) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.directory.write(
      "[profile.app]\npath = \"app.db\"\n\(wrong.key) = \"\(wrong.value)\"\n", to: "nb.toml")
    let result = try fixture.nb("db", "query", "@app", "select 1")
    #expect(result.status == 78)
    #expect(result.errors.contains("nb.toml:3:1: \(wrong.message)\n"))
    #expect(result.output == "")
  }

  @Test func aWrongSettingOfAProfilesURLIsAnErrorOfTheConfiguration() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.directory.write(
      "[profile.app]\nurl = \"sqlite:app.db?cache_size=abc\"\n", to: "nb.toml")
    let result = try fixture.nb("db", "query", "@app", "select 1")
    #expect(result.status == 78)
    #expect(result.errors.contains("nb.toml:2:1: cache_size takes a whole number, not 'abc'\n"))
  }

  @Test(arguments: [
    ("cash_size=5", "did you mean 'cache_size'?"), ("journal_mode=wall", "did you mean 'wal'?"),
    ("busy_timout=5", "did you mean 'busy_timeout'?"), ("zzzzzzzzz=1", "nb help targets"),
  ])
  func aMisspeltSettingGetsASuggestion(_ setting: String, _ hint: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb("db", "query", "sqlite:app.db?\(setting)", "select 1")
    #expect(result.errors.contains("hint: "))
    #expect(result.errors.contains(hint))
  }

  @Test(arguments: [
    ("cache_size=-123", "cache_size", "-123"), ("synchronous=2", "synchronous", "2"),
    ("synchronous=EXTRA", "synchronous", "3"), ("pragma.temp_store=memory", "temp_store", "2"),
    ("recursive_triggers=yes", "recursive_triggers", "1"),
    ("secure_delete=fast", "secure_delete", "2"), ("busy_timeout=2s", "foreign_keys", "1"),
  ])
  func aRightSettingReachesSQLite(
    _ setting: String, _ pragma: String, _ value: String
  ) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    #expect(
      try fixture.ok("db", "query", "sqlite:app.db?\(setting)", "pragma \(pragma)")
        == value + "\n")
  }

  @Test func aWrongSettingLeavesNoNewFile() throws {
    let fixture = try Fixture()
    let result = try fixture.nb(
      "db", "exec", "sqlite:new.db?page_size=7", "--create", "create table t (a)")
    #expect(result.status == 2)
    #expect(throws: (any Error).self) { try fixture.directory.readData("new.db") }
  }

  @Test(arguments: [
    ("NB_TIMEOUT", "zz"), ("NB_ERROR_FORMAT", "xx"), ("NB_OUTPUT", "zz"), ("NB_HEADER", "zz"),
    ("NB_PROGRESS", "zz"), ("NB_PROGRESS_STYLE", "zz"), ("NB_PROGRESS_WIDTH", "zz"),
    ("NB_PROGRESS_INTERVAL", "zz"),
  ])
  func aWrongVariableIsAnErrorOfTheConfigurationThatNamesIt(
    _ name: String, _ value: String
  ) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.directory.write("id,name\n9,x\n", to: "u.csv")
    let arguments =
      name.hasPrefix("NB_PROGRESS")
      ? ["db", "load", "app.db", "users", "u.csv"] : ["db", "query", "app.db", "select 1"]
    let result = try NB.run(arguments, environment: [name: value], in: fixture.directory)
    #expect(result.status == 78)
    #expect(result.errors.hasPrefix("nb: the variable \(name) takes "))
    #expect(result.errors.contains("hint: change it, or remove it with: unset \(name)\n"))
  }

  @Test(arguments: ["NB_MIGRATIONS_LOCK_TIMEOUT", "NB_MIGRATIONS_OUT_OF_ORDER"])
  func aWrongVariableOfMigrationsToo(_ name: String) throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let result = try fixture.nb("db", "migrate", "up", "app.db", environment: [name: "zz"])
    #expect(result.status == 78)
    #expect(result.errors.contains(name))
  }
}
