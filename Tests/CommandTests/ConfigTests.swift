import Foundation
import JSON
import TestSupport
import Testing

@Suite struct ConfigTests {
  private let home: TemporaryDirectory
  private var userFile: String { home.file(".config/nb/config.toml") }

  init() throws {
    home = try TemporaryDirectory()
    try FileManager.default.createDirectory(
      atPath: home.file(".config/nb"), withIntermediateDirectories: true)
  }

  private func nb(
    _ arguments: String..., input: String = "", environment: [String: String] = [:]
  ) throws -> NB.Result {
    try NB.run(arguments, input: Data(input.utf8), environment: environment, in: home)
  }

  @Test func setGetAndUnsetGoRound() throws {
    #expect(try nb("config", "set", "output", "ndjson").status == 0)
    #expect(try nb("config", "get", "output").output == "ndjson\n")
    #expect(try nb("db", "query", ":memory:", "select 1 a").output == "{\"a\":1}\n")
    #expect(try nb("config", "unset", "output").status == 0)
    let unset = try nb("config", "get", "output")
    #expect(unset.status == 66)
    #expect(unset.output == "")
    #expect(unset.errors.hasPrefix("nb: output is not set\n"))
  }

  @Test func listShowsEveryKeyWithItsSource() throws {
    try home.write("header = true\n", to: ".config/nb/config.toml")
    try home.write("[profile.app]\npath = \"a.db\"\n", to: "nb.toml")
    let result = try nb("config", "list", "-o", "csv", environment: ["NB_TIMEOUT": "5s"])
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("key,value,source"))
    for line in [
      "header,true,\(userFile):1:1", "timeout,5s,NB_TIMEOUT", "error_format,text,default",
      "profile.app.path,a.db,nb.toml:2:1",
    ] {
      #expect(result.output.contains(line), "\(line)")
    }
  }

  @Test func explainNamesTheWinnerAndEachLoser() throws {
    try home.write("output = \"csv\"\n", to: ".config/nb/config.toml")
    try home.write("\noutput = \"tsv\"\n", to: "nb.toml")
    let result = try nb("config", "explain", "output", environment: ["NB_OUTPUT": "json"])
    let sources = (try JSONParser.parse(result.output).array ?? []).map { $0["source"]?.string }
    #expect(sources == ["NB_OUTPUT", "nb.toml:2:1", "\(userFile):1:1"])
    #expect(result.output.contains("\"state\":\"wins\""))
  }

  @Test func aMisspelledKeyStopsCommandsWithItsPlace() throws {
    try home.write("header = true\n  ouput = \"csv\"\n", to: "nb.toml")
    let result = try nb("db", "query", ":memory:", "select 1")
    #expect(result.status == 78)
    #expect(
      result.errors == "nb: nb.toml:2:3: unknown key 'ouput'\nhint: did you mean 'output'?\n")
    #expect(result.output == "")
  }

  @Test func whatNeedsNoConfigurationWorksWithABrokenFile() throws {
    try home.write("nonsense", to: "nb.toml")
    try home.write("= broken", to: ".config/nb/config.toml")
    for arguments in [["--version"], ["config", "path"], ["help"], ["doctor"]] {
      #expect(try NB.run(arguments, in: home).status == 0, "\(arguments)")
    }
    #expect(try nb("config", "list").status == 78)
  }

  @Test func aBrokenFileIsNotChanged() throws {
    try home.write("= broken", to: ".config/nb/config.toml")
    #expect(try nb("config", "set", "output", "csv").status == 78)
    #expect(try home.read(".config/nb/config.toml") == "= broken")
  }

  @Test(arguments: [
    (["config", "set", "ouput", "csv"], "nb: unknown key 'ouput'\nhint: did you mean 'output'?\n"),
    (["config", "get", "ouput"], "nb: unknown key 'ouput'\nhint: did you mean 'output'?\n"),
    (["config", "unset", "profile.x"], "nb: 'profile.x' names no setting of a profile\n"),
  ])
  func unknownKeysAreUsageErrors(_ arguments: [String], _ errors: String) throws {
    let result = try NB.run(arguments, in: home)
    #expect(result.status == 2)
    #expect(result.errors.hasPrefix(errors))
  }

  @Test func aProfileOpensItsDatabase() throws {
    #expect(try nb("config", "set", "--project", "profile.app.path", "a.db").status == 0)
    #expect(try home.read("nb.toml") == "[profile.app]\npath = \"a.db\"\n")
    let made = try nb("db", "exec", "@app", "--create", "create table t(x)")
    #expect(made.status == 0, "\(made.errors)")
    #expect(FileManager.default.fileExists(atPath: home.file("a.db")))
    #expect(try nb("config", "set", "profile.mine.path", home.file("a.db")).status == 0)
    #expect(try nb("db", "query", "@mine", "select count(*) from t").output == "0\n")
  }

  @Test func anUnknownProfileIsNotFound() throws {
    try home.write("[profile.staging]\npath = \"a.db\"\n", to: "nb.toml")
    let result = try nb("db", "query", "@stagin", "select 1")
    #expect(result.status == 66)
    #expect(result.errors == "nb: no profile 'stagin'\nhint: did you mean '@staging'?\n")
  }

  @Test func aSecretOnTheCommandLineGetsANoteAndIsNeverShown() throws {
    let set = try nb("config", "set", "profile.p.url", "postgres://u:hunter2@h/db")
    #expect(set.status == 0)
    let secret = try nb("config", "set", "profile.p.token", "hunter2")
    #expect(secret.errors.contains("use env:NAME, file:PATH, cmd:COMMAND, or - for stdin"))
    for arguments in [["config", "list"], ["config", "get", "profile.p.url"]] {
      let shown = try NB.run(arguments, in: home)
      #expect(shown.output.contains("postgres://u:***@h/db"))
      #expect(!(shown.output + shown.errors).contains("hunter2"))
    }
    let mode = try FileManager.default.attributesOfItem(atPath: userFile)[.posixPermissions]
    #expect(mode as? Int == 0o600)
  }

  @Test func aSecretIsReadFromStdin() throws {
    try home.write("[profile.p]\nurl = \"pg://h\"\n", to: ".config/nb/config.toml")
    let result = try nb("config", "set", "profile.p.password", "-", input: "hunter2\nmore\n")
    #expect((result.status, result.errors) == (0, ""))
    #expect(try home.read(".config/nb/config.toml").contains("password = \"hunter2\"\n"))
  }

  @Test func aProjectsFileMayNotRunCommands() throws {
    try home.write(
      "[profile.p]\npath = \"a.db\"\npassword_command = \"touch stolen\"\n", to: "nb.toml")
    let result = try nb("db", "query", "@p", "select 1")
    #expect(result.status == 78)
    #expect(result.errors.hasPrefix("nb: nb.toml:3:1: password_command would run a command"))
    #expect(!FileManager.default.fileExists(atPath: home.file("stolen")))
  }

  @Test func aValueThatAnotherPlaceOverridesGetsANote() throws {
    try home.write("output = \"csv\"\n", to: "nb.toml")
    let result = try nb("config", "set", "output", "json")
    #expect(result.status == 0)
    #expect(result.errors.hasSuffix("but nb.toml:1:1 comes before it\n"))
  }

  @Test func anExplicitFileReplacesTheUsers() throws {
    try home.write("output = \"csv\"\n", to: ".config/nb/config.toml")
    try home.write("output = \"ndjson\"\n", to: "other.toml")
    #expect(try nb("config", "get", "output", "--config", "other.toml").output == "ndjson\n")
    #expect(
      try nb("config", "get", "output", environment: ["NB_CONFIG": "other.toml"]).output
        == "ndjson\n")
    #expect(try nb("config", "get", "output", "--config", "missing.toml").status == 66)
  }

  @Test func pathNamesTheFiles() throws {
    #expect(
      try nb("config", "path").output
        == "project\tnb.toml\tmissing\nuser\t\(userFile)\tmissing\n")
    #expect(try nb("config", "path", "user").output == userFile + "\n")
  }

  @Test func aPasswordInAURLOnTheCommandLineGetsANote() throws {
    let result = try nb("db", "query", "postgres://u:hunter2@h/db", "select 1")
    #expect(result.status == 69)
    #expect(result.errors.contains("a password on the command line can be seen by others"))
    #expect(!result.errors.contains("hunter2"))
    let raw = try nb("db", "query", "postgres://u:hunt@er2@h/db", "select 1")
    #expect(raw.status == 2)
    #expect(!raw.errors.contains("hunt"))
    #expect(raw.errors.contains("@ is %40"))
  }

  @Test func settingsReachTheCommandsTheyAreFor() throws {
    try home.write(
      "[migrations]\ndir = \"db\"\n[progress]\nwhen = \"lines\"\n", to: "nb.toml")
    let made = try nb("db", "migrate", "new", "first")
    #expect(made.output.hasPrefix("db/") && made.output.hasSuffix("_first.sql\n"))
    let elsewhere = try nb("db", "migrate", "new", "second", "--dir", "flag")
    #expect(elsewhere.output.hasPrefix("flag/"))
    let variable = try nb(
      "db", "migrate", "new", "third", environment: ["NB_MIGRATIONS_DIR": "env"])
    #expect(variable.output.hasPrefix("env/"))
    try home.write("x\n1\n", to: "a.csv")
    let loaded = try nb("db", "load", "--create", "a.db", "t", "a.csv")
    #expect(loaded.status == 0)
    let wrong = try nb(
      "db", "load", "a.db", "t", "a.csv", environment: ["NB_PROGRESS_WIDTH": "wide"])
    #expect(wrong.status == 78)
    #expect(wrong.errors.hasPrefix("nb: the variable NB_PROGRESS_WIDTH takes a whole number from"))
  }
}
