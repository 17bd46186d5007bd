import AdapterCore
import Foundation
import TestSupport
import Testing

@Suite struct ConfigEditTests {
  private func failure(_ body: () throws(AdapterError) -> Void) -> AdapterError? {
    do throws(AdapterError) {
      try body()
      return nil
    } catch {
      return error
    }
  }

  private func permissions(_ path: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
  }

  @Test func theUsersFileIsCreatedForTheUserAlone() throws {
    let folder = try TemporaryDirectory()
    let path = folder.file("a/nb/config.toml")
    try ConfigEdit(path: path, scope: .user).set("output", to: "csv")
    #expect(try folder.read("a/nb/config.toml") == "output = \"csv\"\n")
    #expect(try permissions(path) == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("a/nb")).count == 1)
  }

  @Test func theRestOfTheFileAndItsPermissionsStay() throws {
    let folder = try TemporaryDirectory()
    let path = try folder.write("# mine\nheader = true # yes\n", to: "c.toml")
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
    let edit = ConfigEdit(path: path, scope: .user)
    try edit.set("profile.prod.url", to: "sqlite:a.db")
    try edit.set("profile.prod.pragma.cache_size", to: "-2000")
    try edit.set("header", to: "off")
    try edit.set("timeout", to: "30")
    #expect(
      try folder.read("c.toml") == """
        # mine
        header = false # yes
        timeout = "30"

        [profile.prod]
        url = "sqlite:a.db"

        [profile.prod.pragma]
        cache_size = -2000

        """)
    #expect(try permissions(path) == 0o640)
    try edit.unset("timeout")
    #expect(try folder.read("c.toml").hasPrefix("# mine\nheader = false # yes\n\n[profile"))
  }

  @Test func aSymbolicLinkStaysALink() throws {
    let folder = try TemporaryDirectory()
    let target = try folder.write("", to: "dotfiles.toml")
    let link = folder.file("config.toml")
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
    try ConfigEdit(path: link, scope: .user).set("output", to: "csv")
    #expect(try folder.read("dotfiles.toml") == "output = \"csv\"\n")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == target)
  }

  @Test func aMisspeltChoiceIsRecognised() throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/c.toml"
    #expect {
      try ConfigEdit(path: path, scope: .user).set("output", to: "jsn")
    } throws: {
      ($0 as? AdapterError)?.hint == "did you mean 'json'?"
    }
  }

  @Test(arguments: [
    ("ouput", "csv", "unknown key 'ouput'"), ("output", "xml", "output takes one of"),
    ("header", "perhaps", "header takes true or false, not 'perhaps'"),
    ("profile.x", "y", "names no setting of a profile"), ("profile..url", "y", "names no setting"),
    ("profile.a b.url", "y", "names no setting"),
  ])
  func unknownKeysAndWrongValuesAreUsageErrors(
    _ key: String, _ value: String, _ message: String
  ) throws {
    let folder = try TemporaryDirectory()
    let error = failure { () throws(AdapterError) in
      try ConfigEdit(path: folder.file("c.toml"), scope: .user).set(key, to: value)
    }
    #expect(error?.kind == .usage)
    #expect(error?.message.contains(message) == true)
    #expect(!FileManager.default.fileExists(atPath: folder.file("c.toml")))
  }

  @Test func whatWouldMakeTheFileWrongIsNotWritten() throws {
    let folder = try TemporaryDirectory()
    let path = folder.file("nb.toml")
    let edit = ConfigEdit(path: path, scope: .project)
    #expect(
      failure { () throws(AdapterError) in try edit.set("profile.x.user", to: "me") }?.kind
        == .config)
    try edit.set("profile.x.path", to: "a.db")
    #expect(
      failure { () throws(AdapterError) in
        try edit.set("profile.x.password_command", to: "pass x")
      }?.kind == .config)
    #expect(
      failure { () throws(AdapterError) in try edit.unset("profile.x.path") }?.kind == .config)
    #expect(try folder.read("nb.toml") == "[profile.x]\npath = \"a.db\"\n")
  }

  @Test func aKeyThatIsNotThereCannotBeUnset() throws {
    let folder = try TemporaryDirectory()
    let edit = ConfigEdit(path: folder.file("c.toml"), scope: .user)
    let error = failure { () throws(AdapterError) in try edit.unset("output") }
    #expect(error?.kind == .notFound)
  }

  @Test func aFolderThatCannotBeWrittenIsSaid() throws {
    let folder = try TemporaryDirectory()
    try folder.write("", to: "file")
    let edit = ConfigEdit(path: folder.file("file/c.toml"), scope: .user)
    #expect(failure { () throws(AdapterError) in try edit.set("output", to: "csv") } != nil)
  }
}
