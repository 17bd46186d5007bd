import Foundation
import TestSupport
import Testing

@Suite struct BackupTests {
  private let files = FileManager.default

  /// Some MiB, so that a copy takes several steps.
  private func makeLarge(_ fixture: Fixture) throws {
    try fixture.ok(
      "db", "exec", "app.db", "--create",
      """
      create table t (id integer primary key, x text);
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
      insert into t select i, hex(randomblob(500)) from n;
      """)
  }

  private func checksum(_ fixture: Fixture, _ file: String) throws -> String {
    try fixture.ok("db", "query", file, "select count(*), sum(length(x)), max(x) from t")
  }

  private func names(_ fixture: Fixture) throws -> [String] {
    try files.contentsOfDirectory(atPath: fixture.directory.path).filter {
      !$0.hasPrefix(".config")
    }
    .sorted()
  }

  @Test func backsUpAndRestores() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let backup = try fixture.nb("db", "backup", "app.db", "copy.db")
    #expect(backup.status == 0)
    #expect(backup.output.isEmpty && backup.errors.isEmpty)
    try fixture.ok("db", "exec", "app.db", "drop table users; create table other (a)")
    let plan = try fixture.nb("db", "restore", "app.db", "copy.db", "--dry-run")
    #expect(plan.status == 0)
    #expect(plan.errors.contains("would replace the content of app.db (1 table, "))
    #expect(try fixture.ok("db", "schema", "app.db").hasPrefix("other"))
    try fixture.ok("db", "restore", "app.db", "copy.db", "--yes")
    #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == "3\n")
    try fixture.ok("db", "restore", "new.db", "copy.db", "--create", "--yes")
    #expect(try fixture.ok("db", "query", "new.db", "select count(*) from users") == "3\n")
  }

  @Test func aRestoreNeedsConsent() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok("db", "backup", "app.db", "copy.db")
    try fixture.ok("db", "exec", "app.db", "delete from users")
    let refused = try fixture.nb("db", "restore", "app.db", "copy.db")
    #expect(refused.status == 2)
    #expect(refused.errors.contains("--yes"))
    for (answer, status, count) in [("n", Int32(1), "0\n"), ("y", 0, "3\n")] {
      let terminal = try PtyProcess(
        [
          NB.path, "db", "restore", fixture.directory.file("app.db"),
          fixture.directory.file("copy.db"),
        ], columns: 200)
      try terminal.wait(for: "[y/N]")
      terminal.type("\(answer)\n")
      #expect(try terminal.finish() == .exited(status))
      #expect(try fixture.ok("db", "query", "app.db", "select count(*) from users") == count)
    }
  }

  @Test(arguments: [
    (["backup", "app.db", "copy.db"], 73, "--overwrite"),
    (["backup", "app.db", "app.db", "--overwrite"], 2, "itself"),
    (["backup", "nothing.db", "x.db"], 66, "nothing.db"),
    (["backup", "text", "x.db"], 65, "text"), (["backup", "cut.db", "x.db"], 65, "cut.db"),
    (["backup", "app.db", "no/folder/x.db"], 66, "no/folder"),
    (["backup", "app.db", "folder", "--overwrite"], 74, "folder"),
    (["backup", "app.db", "pipe", "--overwrite"], 74, "pipe"),
    (["restore", "app.db", "app.db", "--yes"], 2, "itself"),
    (["restore", "app.db", "nothing.db", "--yes"], 66, "nothing.db"),
    (["restore", "nothing.db", "copy.db", "--yes"], 66, "--create"),
    (["restore", "app.db", "text", "--yes"], 65, "text"),
    (["restore", "app.db", "empty", "--yes"], 65, "empty"),
    (["restore", "app.db", "cut.db", "--yes"], 65, "cut.db"),
  ])
  func saysWhatIsWrongAndLeavesEverything(
    _ arguments: [String], _ status: Int, _ word: String
  ) throws {
    let fixture = try Fixture()
    try makeLarge(fixture)
    try fixture.ok("db", "backup", "app.db", "copy.db")
    let whole = try Data(contentsOf: URL(fileURLWithPath: fixture.directory.file("copy.db")))
    try fixture.directory.write(whole.prefix(whole.count / 2), to: "cut.db")
    try fixture.directory.write("not a database, but quite some text", to: "text")
    try fixture.directory.write("", to: "empty")
    try files.createDirectory(
      atPath: fixture.directory.file("folder"), withIntermediateDirectories: false)
    mkfifo(fixture.directory.file("pipe"), 0o600)
    let (before, content) = (try names(fixture), try checksum(fixture, "app.db"))
    let result = try NB.run(["db"] + arguments, in: fixture.directory)
    #expect(result.status == Int32(status), "\(result.errors)")
    #expect(result.errors.contains(word), "\(result.errors)")
    #expect(result.output.isEmpty)
    #expect(try names(fixture) == before)
    #expect(try checksum(fixture, "app.db") == content)
  }

  @Test func aBackupIsAsPrivateAsItsDatabase() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    chmod(fixture.directory.file("app.db"), 0o600)
    try fixture.ok("db", "backup", "app.db", "copy.db")
    let attributes = try files.attributesOfItem(atPath: fixture.directory.file("copy.db"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }

  @Test func aFolderIsNoPlaceToOverwrite() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    for flags in [[], ["--overwrite"]] {
      let result = try NB.run(["db", "backup", "app.db", "."] + flags, in: fixture.directory)
      #expect(result.status == 74)
      #expect(result.errors.contains("is a directory"), "\(result.errors)")
      #expect(!result.errors.contains("--overwrite"), "\(result.errors)")
    }
  }

  /// The limit on a file's size stands for a full disk: both fail in the middle of a write.
  @Test func aFullDiskLeavesNoHalfOfABackupAndNoHalfOfARestore() throws {
    let fixture = try Fixture()
    try makeLarge(fixture)
    try fixture.ok("db", "backup", "app.db", "copy.db")
    try fixture.ok("db", "exec", "app.db", "delete from t where id > 10")
    try fixture.ok("db", "exec", "app.db", "--no-tx", "vacuum")
    let before = try checksum(fixture, "app.db")
    // 2 MiB, in KiB.
    let limited = "ulimit -f 2048; exec \(NB.path) db "
    for command in ["backup copy.db other.db", "restore app.db copy.db --yes"] {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/bash")
      process.arguments = ["-c", limited + command]
      process.currentDirectoryURL = fixture.directory.url
      let errors = Pipe()
      process.standardError = errors
      try process.run()
      let text = String(
        decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      #expect(process.terminationReason == .exit, "\(command): \(text)")
      #expect(process.terminationStatus == 74, "\(command): \(text)")
    }
    // No journal either, which would keep what little space there is.
    #expect(try names(fixture) == ["app.db", "copy.db"])
    #expect(try checksum(fixture, "app.db") == before)
  }

  @Test(arguments: [SIGINT, SIGTERM, SIGKILL], ["backup", "restore"])
  func aSignalLeavesWhatWasBefore(_ signal: Int32, _ verb: String) throws {
    let fixture = try Fixture()
    try makeLarge(fixture)
    try fixture.ok("db", "backup", "app.db", "copy.db")
    try fixture.ok("db", "exec", "app.db", "delete from t where id % 2 = 0")
    let before = try checksum(fixture, "app.db")
    let whole = try checksum(fixture, "copy.db")
    let arguments =
      verb == "backup"
      ? ["backup", "copy.db", "other.db"] : ["restore", "app.db", "copy.db", "-y"]
    // At several moments of the work; the last ones come when it is done.
    for delay: UInt32 in [2000, 10_000, 25_000, 60_000, 120_000] {
      let running = try NB.start(["db"] + arguments, in: fixture.directory)
      usleep(delay)
      running.send(signal)
      let result = try running.finish()
      let isDone = result.status == 0
      #expect(isDone || result.signal == signal, "\(result.errors)")
      if verb == "restore" {
        let after = try checksum(fixture, "app.db")
        #expect(after == before || after == whole)
        try fixture.ok("db", "restore", "app.db", "copy.db", "--yes")
        #expect(try checksum(fixture, "app.db") == whole)
        try fixture.ok("db", "exec", "app.db", "delete from t where id % 2 = 0")
      } else {
        // The file is whole or not there; after SIGKILL an unfinished one may lie beside it.
        if files.fileExists(atPath: fixture.directory.file("other.db")) {
          #expect(try checksum(fixture, "other.db") == whole)
        } else {
          #expect(!isDone)
        }
        if signal != SIGKILL {
          #expect(
            try files.contentsOfDirectory(atPath: fixture.directory.path)
              .filter { $0.hasPrefix(".nb-") }.isEmpty)
        }
        try fixture.ok("db", "backup", "copy.db", "other.db", "--overwrite")
        // The next one removes what a killed one left.
        #expect(
          try files.contentsOfDirectory(atPath: fixture.directory.path)
            .filter { $0.hasPrefix(".nb-") }.isEmpty)
        try files.removeItem(atPath: fixture.directory.file("other.db"))
      }
    }
  }
}
