import Foundation
import TestSupport
import Testing

@testable import AdapterCore

@Suite struct ConfigurationTests {
  /// A home with a user's file and a project below it.
  private struct Setup {
    let folder: TemporaryDirectory
    var environment: [String: String] = [:]

    init(project: String? = nil, user: String? = nil) throws {
      folder = try TemporaryDirectory()
      for path in ["project/sub/deep", "config"] {
        try FileManager.default.createDirectory(
          atPath: folder.file(path), withIntermediateDirectories: true)
      }
      if let project { try folder.write(project, to: "project/nb.toml") }
      if let user { try folder.write(user, to: "config/config.toml") }
    }

    func locations(in directory: String = "project") -> ConfigLocations {
      ConfigLocations(
        userFile: folder.file("config/config.toml"), home: folder.path,
        workingDirectory: folder.file(directory))
    }

    var configuration: Configuration {
      let environment = environment
      return Configuration(locations(in: "project/sub"), environment: { environment[$0] })
    }
  }

  private func failure(_ text: String, scope: ConfigFile.Scope = .user) -> AdapterError? {
    do throws(AdapterError) {
      _ = try ConfigFile(Array(text.utf8), path: "c.toml", scope: scope)
      return nil
    } catch {
      return error
    }
  }

  // MARK: - Order

  @Test func variableThenProjectThenUserThenDefault() throws {
    var setup = try Setup(project: "error_format = 'json'", user: "error_format = 'text'")
    setup.environment["NB_ERROR_FORMAT"] = "json"
    let values = try setup.configuration.values(of: .errorFormat)
    #expect(values.map(\.text) == ["json", "json", "text", "text"])
    #expect(
      values.map(\.source.description) == [
        "NB_ERROR_FORMAT", setup.folder.file("project/nb.toml") + ":1:1",
        setup.folder.file("config/config.toml") + ":1:1", "default",
      ])
    #expect(try setup.configuration.value(of: .errorFormat) == "json")
    #expect(try setup.configuration.value(of: .output) == nil)
  }

  @Test func aVariableSparesReadingFiles() throws {
    var setup = try Setup(user: "broken =")
    setup.environment["NB_OUTPUT"] = "csv"
    #expect(try setup.configuration.value(of: .output) == "csv")
    #expect(throws: AdapterError.self) { try setup.configuration.value(of: .timeout) }
  }

  @Test func anEmptyVariableIsUnsetAndAWrongOneIsAnError() throws {
    var setup = try Setup(user: "header = false")
    setup.environment = ["NB_HEADER": "", "NB_OUTPUT": "xml", "NB_TIMEOUT": "soon"]
    #expect(try setup.configuration.boolean(.header) == false)
    #expect {
      try setup.configuration.value(of: .output)
    } throws: {
      ($0 as? AdapterError)?.kind == .config
        && ($0 as? AdapterError)?.message.hasPrefix("the variable NB_OUTPUT takes one of table,")
          == true
    }
    #expect(throws: AdapterError.self) { try setup.configuration.duration(.timeout) }
  }

  @Test func valuesHaveOneForm() throws {
    var setup = try Setup(user: "timeout = 30\nheader = true")
    setup.environment = ["NB_HEADER": "No"]
    #expect(try setup.configuration.duration(.timeout) == .seconds(30))
    #expect(try setup.configuration.boolean(.header) == false)
  }

  // MARK: - Where files are

  @Test func theProjectFileIsFoundUpwards() throws {
    let setup = try Setup(project: "")
    let path = setup.folder.file("project/nb.toml")
    #expect(setup.locations(in: "project").findProjectFile() == "nb.toml")
    #expect(setup.locations(in: "project/sub/deep").findProjectFile() == path)
    #expect(setup.locations(in: "config").findProjectFile() == nil)
  }

  @Test func theSearchEndsAtARepositorysRoot() throws {
    let setup = try Setup(project: "")
    try setup.folder.write("", to: "project/sub/.git")
    #expect(setup.locations(in: "project/sub/deep").findProjectFile() == nil)
    #expect(setup.locations(in: "project").findProjectFile() == "nb.toml")
  }

  @Test func anExplicitFileReplacesTheUsersAndMustExist() throws {
    let setup = try Setup(user: "output = 'csv'")
    func locations(_ explicitFile: String) -> ConfigLocations {
      var locations = setup.locations()
      locations.explicitFile = explicitFile
      return locations
    }
    let path = try setup.folder.write("header = true", to: "other.toml")
    let configuration = Configuration(locations(path), environment: { _ in nil })
    #expect(try configuration.value(of: .output) == nil)
    #expect(try configuration.boolean(.header) == true)
    let missing = setup.folder.file("missing.toml")
    #expect {
      try Configuration(locations(missing), environment: { _ in nil }).files()
    } throws: { ($0 as? AdapterError)?.kind == .notFound }
  }

  @Test func aRelativePathIsTakenFromItsFilesFolder() throws {
    let setup = try Setup(
      project: "migrations.dir = 'db'\n[profile.p]\npath = 'a.db'\n[profile.q]\nurl='sqlite:b.db'")
    let project = setup.folder.file("project")
    #expect(try setup.configuration.value(of: .migrationsDirectory) == project + "/db")
    let operation = OperationContext()
    #expect(try setup.configuration.address(of: "@p", operation).path == project + "/a.db")
    #expect(try setup.configuration.address(of: "@q", operation).path == project + "/b.db")
  }

  // MARK: - Mistakes in files

  @Test func anUnknownKeyIsNamedWithItsPlaceAndASuggestion() throws {
    let error = try #require(failure("header = true\n\n  ouput = 'csv'"))
    #expect(error.kind == .config)
    #expect(error.message == "unknown key 'ouput'")
    #expect(error.position?.description == "c.toml:3:3")
    #expect(error.hint == "did you mean 'output'?")
    #expect(failure("[migrations]\ndri = 'x'")?.hint == "did you mean 'migrations.dir'?")
  }

  @Test(arguments: [
    ("output = 'xml'", "output takes one of table, csv"), ("output = 1", "not an integer"),
    ("header = 'yes'", "header takes true or false, not 'yes'"),
    ("timeout = 'soon'", "timeout takes a duration"), ("timeout = -1", "timeout takes a duration"),
    ("output = ['csv']", "not an array"), ("output.x = 1", "unknown key 'output'"),
    ("profile = 1", "profile takes tables"), ("profile.x = 1", "profile.x takes a table"),
    ("[profile.'a b']\npath='x'", "'a b' is no name for a profile"),
    ("[profile.x]\nuser='u'", "profile x has neither url nor path"),
    ("[profile.x]\nurl='a:b'\npath='c'", "profile x has both url and path"),
    ("[profile.x]\nurl=3", "url takes a text, not an integer"),
    ("[profile.x]\npath=true", "path takes a text, not a boolean"),
    ("[profile.x]\npath=['c']", "profile.x.path takes a text"),
    ("[profile.x]\nurl='@y'", "url names another profile"),
    ("[profile.x]\nurl='pg://u:p@ss@h'", "malformed pg URL"),
    ("[profile.x]\nurl='a:b'\npassword='x'\npassword_command='y'", "has both password and"),
  ])
  func mistakesAreConfigErrors(_ text: String, _ message: String) throws {
    let error = try #require(failure(text))
    #expect(error.kind == .config)
    #expect(error.position?.file == "c.toml")
    #expect(error.message.contains(message), "\(error.message)")
  }

  @Test func aMisspeltChoiceIsRecognised() throws {
    #expect(failure("output = 'jsn'")?.hint == "did you mean 'json'?")
    var setup = try Setup(user: "")
    setup.environment = ["NB_OUTPUT": "jsn"]
    #expect {
      try setup.configuration.value(of: .output)
    } throws: {
      ($0 as? AdapterError)?.hint == "did you mean 'json'?"
    }
  }

  @Test func aMisspelledUrlIsRecognised() {
    #expect(
      failure("[profile.x]\nulr = 'a:b'")?.hint == "is 'ulr' meant to be one of them?")
  }

  @Test(arguments: ["password_command = 'pass x'", "password = 'cmd:pass x'", "token = 'cmd:x'"])
  func aProjectsFileMayNotRunCommands(_ line: String) throws {
    let text = "[profile.x]\nurl = 'a:b'\n" + line
    let error = try #require(failure(text, scope: .project))
    #expect(error.kind == .config)
    #expect(error.message.contains("would run a command, which a project's file may not"))
    #expect(error.position?.line == 3)
    #expect(failure(text, scope: .user) == nil)
  }

  // MARK: - Profiles

  @Test func aProfileMergesItsSettings() throws {
    let setup = try Setup(
      user: """
        [profile.db]
        url = "postgres://me@h:1/app?sslmode=require"
        password = "literal:p w"
        busy_timeout = 5
        foreign_keys = true
        pragma.cache_size = -2000
        """)
    let address = try setup.configuration.address(of: "@db", OperationContext())
    #expect(address.user == "me")
    #expect(address.password == Secret("p w"))
    #expect(
      address.settings.map { "\($0.key)=\($0.value)" } == [
        "sslmode=require", "busy_timeout=5", "foreign_keys=true", "pragma.cache_size=-2000",
      ])
    #expect(address.settings[1].position?.line == 4)
    #expect(address.settings[1].error("no").kind == .config)
    #expect(address.settings[0].error("no").kind == .config)
  }

  @Test func anUnknownProfileIsNotFoundWithASuggestion() throws {
    let setup = try Setup(user: "[profile.prod]\npath = 'x'")
    let configuration = setup.configuration
    #expect {
      try configuration.address(of: "@prd", OperationContext())
    } throws: {
      let error = $0 as? AdapterError
      return error?.kind == .notFound && error?.message == "no profile 'prd'"
        && error?.hint == "did you mean '@prod'?"
    }
  }

  @Test func aProjectsProfileHidesTheUsersWhole() throws {
    let setup = try Setup(
      project: "[profile.x]\nurl = 'pg://evil/'", user: "[profile.x]\nurl='pg://h'\npassword='s'")
    let address = try setup.configuration.address(of: "@x", OperationContext())
    #expect(address.host == "evil")
    #expect(address.password == nil)
  }

  @Test func passwordCommandsOfTheUserRun() throws {
    let setup = try Setup(user: "[profile.x]\nurl='pg://h'\npassword_command='echo hunter2'")
    let address = try setup.configuration.address(of: "@x", OperationContext())
    #expect(address.password == Secret("hunter2"))
    let failing = try Setup(user: "[profile.x]\nurl='pg://h'\npassword_command='exit 1'")
    #expect {
      try failing.configuration.address(of: "@x", OperationContext())
    } throws: { ($0 as? AdapterError)?.position?.line == 3 }
  }

  @Test func aLiteralPasswordInAFileThatOthersReadGetsANote() throws {
    let setup = try Setup(user: "[profile.x]\nurl='pg://h'\npassword='hunter2'")
    let path = setup.folder.file("config/config.toml")
    let notes = Notes()
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
    _ = try setup.configuration.address(of: "@x", notes.operation)
    #expect(
      notes.lines == ["\(path) holds a password that others can read; try: chmod 600 \(path)"])
  }

  // MARK: - URLs on the command line

  @Test func aPasswordInAURLGetsANote() throws {
    let setup = try Setup()
    let notes = Notes()
    _ = try setup.configuration.address(of: "pg://u:hunter2@h", notes.operation)
    #expect(notes.lines.count == 1)
    #expect(notes.lines.first?.contains("hunter2") == false)
    _ = try setup.configuration.address(of: "pg://u@h?password=literal:x", notes.operation)
    #expect(notes.lines.count == 1)
  }

  @Test func secretsOfAURLAreFetchedButNeverByACommand() throws {
    let setup = try Setup()
    let path = try setup.folder.write("hunter2\n", to: "secret")
    let address = try setup.configuration.address(
      of: "s3://h/b?password=file:\(path)&token=file:\(path)&x=file:y", OperationContext())
    #expect(address.password == Secret("hunter2"))
    #expect(address.setting("password") == nil)
    #expect(address.setting("token") == "hunter2")
    #expect(address.setting("x") == "file:y")
    #expect {
      try setup.configuration.address(of: "s3://h?token=cmd:id", OperationContext())
    } throws: { ($0 as? AdapterError)?.kind == .usage }
  }
}
