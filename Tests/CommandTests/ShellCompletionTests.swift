import Foundation
import TestSupport
import Testing

/// The completion scripts in the real shells.
@Suite struct ShellCompletionTests {
  /// What is typed before the tab, and the line afterwards.
  struct Case: CustomTestStringConvertible, Sendable {
    var typed: String
    var line: String
    var testDescription: String { typed }

    init(_ typed: String, _ line: String) {
      self.typed = typed
      self.line = line
    }
  }

  /// These hold in every shell; a space ends a word that is complete.
  static let common = [
    Case("nb db qu", "nb db query "),
    Case("nb db nonsense", "nb db nonsense"),
    Case("nb help exi", "nb help exit-status "),
    Case("nb db query app.db --out", "nb db query app.db --output "),
    Case("nb db query app.db --output=nd", "nb db query app.db --output=ndjson "),
    Case("nb db query app.db -o ver", "nb db query app.db -o vertical "),
    Case("nb db query app.db -over", "nb db query app.db -overtical "),
    Case("nb db query @pr", "nb db query @prod "),
    Case("nb db query :m", "nb db query :memory: "),
    Case("nb db query ap", "nb db query app.db "),
    Case("nb db load app.db us", "nb db load app.db users "),
    Case("nb db load @prod us", "nb db load @prod users "),
    Case("nb db load 'app.db' or", "nb db load 'app.db' order\\ items "),
    Case("nb db load ~/app.db us", "nb db load ~/app.db users "),
    Case("nb db load app.db users --key na", "nb db load app.db users --key name "),
    Case("nb db load app.db users --key id,na", "nb db load app.db users --key id,name "),
    Case("nb db load app.db users re", "nb db load app.db users records.csv "),
    Case("nb db load app.db users --reject=re", "nb db load app.db users --reject=records.csv "),
    Case("nb db copy app.db x --table=us", "nb db copy app.db x --table=users "),
    Case("nb api pat", "nb api patch "),
    Case("nb api opt", "nb api options "),
    Case("nb api get @pr", "nb api get @prod "),
    Case("nb api batch @pr", "nb api batch @prod "),
    Case("nb api get @prod If-N", "nb api get @prod If-None-Match:"),
    Case("nb api post @prod /users idem", "nb api post @prod /users idempotency-Key:"),
    Case("nb api put @prod Content-Type:text/c", "nb api put @prod Content-Type:text/csv "),
    Case("nb api get @prod unheardof", "nb api get @prod unheardof"),
  ]

  /// A home with a database, a profile and a file.
  static func makeHome() throws -> TemporaryDirectory {
    let home = try TemporaryDirectory()
    let sql = "create table users (id integer, name text); create table \"order items\" (n)"
    let made = try NB.run(["db", "exec", "app.db", sql, "--create"], in: home)
    #expect(made.status == 0, "\(made.errors)")
    try FileManager.default.createDirectory(
      atPath: home.file(".config/nb"), withIntermediateDirectories: true)
    try home.write(
      "[profile.prod]\npath = \"\(home.file("app.db"))\"\n", to: ".config/nb/config.toml")
    try home.write("id,name\n", to: "records.csv")
    return home
  }

  static let scripts = GeneratedFilesTests.root.appendingPathComponent("completions").path

  static func environment(_ home: TemporaryDirectory) -> [String: String] {
    let folder = URL(fileURLWithPath: NB.path).deletingLastPathComponent().path
    return NB.environment(home: home).merging([
      "PATH": "\(folder):/usr/bin:/bin", "TERM": "dumb", "PS1": "> ", "INPUTRC": "/dev/null",
      "fish_history": "", "COLUMNS": "200",
    ]) { $1 }
  }

  /// Types each line, a tab and `#`, and waits for the line as completed with the `#` behind it.
  static func complete(_ cases: [Case], in shell: [String], setup: String) throws {
    let home = try makeHome()
    let terminal = try PtyProcess(
      shell, environment: environment(home), columns: 200, rows: 100)
    terminal.type("cd \(home.path) && \(setup) && echo rea''dy\n")
    try terminal.wait(for: "ready")
    for test in cases {
      terminal.type(test.typed + "\t#")
      do {
        try terminal.wait(for: test.line + "#", timeout: 10)
      } catch {
        Issue.record("\(test.typed): expected '\(test.line)'\n\(terminal.screen.text)")
      }
      // Ctrl-U empties the line.
      terminal.type("\u{15}")
    }
    terminal.type("exit\n")
    #expect(try terminal.finish() == .exited(0))
  }

  @Test func bashCompletes() throws {
    try Self.complete(
      Self.common + [Case("nb db load \"app.db\" \"ord", "nb db load \"app.db\" \"order items\" ")],
      in: ["/usr/bin/bash", "--norc", "--noprofile", "-i"], setup: ". \(Self.scripts)/nb.bash")
  }

  @Test func zshCompletes() throws {
    try Self.complete(
      Self.common, in: ["/usr/bin/zsh", "-f", "-i"],
      setup: "unset zle_bracketed_paste; autoload -U compinit && compinit -D "
        + "&& . \(Self.scripts)/_nb")
  }

  @Test func fishCompletes() throws {
    let home = try Self.makeHome()
    // `complete -C` prints the words for a line; a word with a space is quoted when it is inserted.
    let lines = Self.common.filter { $0.line != $0.typed && !$0.line.contains("\\") }
    for test in lines {
      let word = test.line.split(separator: " ").last.map(String.init)
      let words = try Self.fish("complete -C \"\(test.typed)\"", home)
      #expect(
        words.contains { $0.split(separator: "\t").first.map(String.init) == word },
        "\(test.typed): \(words)")
    }
    #expect(try Self.fish("complete -C 'nb db nonsense '", home) == [])
    #expect(
      try Self.fish("complete -C 'nb db load app.db '", home).contains("order items"))
    #expect(
      try Self.fish("complete -C 'nb db que'", home)
        == ["query\tRun SQL that reads and print the rows"])
  }

  static func fish(_ command: String, _ home: TemporaryDirectory) throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/fish")
    process.arguments = ["--no-config", "-c", "source \(scripts)/nb.fish; \(command)"]
    process.environment = environment(home)
    process.currentDirectoryURL = home.url
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return text.split(separator: "\n").map(String.init)
  }

  @Test(arguments: ["nb.bash", "_nb", "nb.fish"])
  func scriptsAreShort(_ name: String) throws {
    let text = try String(contentsOfFile: "\(Self.scripts)/\(name)", encoding: .utf8)
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 100)
  }

  @Test func tablesOfALargeDatabaseComeInTime() throws {
    let home = try TemporaryDirectory()
    let tables = (0..<1000).map { "create table t\($0) (a, b references t0(a)); " }.joined()
    #expect(try NB.run(["db", "exec", "app.db", tables, "--create"], in: home).status == 0)
    let result = try NB.run(["__complete", "bash", "--", "db", "load", "app.db", "t99"], in: home)
    #expect(result.output.split(separator: "\n").count == 12)
  }

  @Test func aMoveIsOfferedTheQueuesOfEachTarget() throws {
    let home = try TemporaryDirectory()
    for (file, queue) in [("one.db", "mail"), ("other.db", "archive")] {
      #expect(try NB.run(["queue", "create", file, queue], in: home).status == 0)
    }
    let words = ["__complete", "bash", "--", "queue", "move", "one.db"]
    #expect(try NB.run(words + [""], in: home).output.contains("mail"))
    let there = try NB.run(words + ["mail", "other.db", ""], in: home).output
    #expect(there.contains("archive") && !there.contains("mail"), "\(there)")
  }

  @Test func aTargetThatNeverAnswersEndsWithoutCandidates() throws {
    let home = try TemporaryDirectory()
    let holder = try NB.start(["db", "exec", "app.db", "--create"], in: home)
    try holder.write("begin exclusive; create table t (a); select 1; select 2;\n")
    try holder.wait {
      let asked = ["db", "query", "sqlite:app.db?busy_timeout=1ms", "select 1 from sqlite_schema"]
      return (try? NB.run(asked, in: home).status) == 75
    }
    let start = Date()
    let target = "sqlite:app.db?busy_timeout=1h"
    let result = try NB.run(["__complete", "zsh", "--", "db", "load", target, ""], in: home)
    #expect(result.status == 0)
    #expect(result.output == "none\n" && result.errors == "")
    #expect(Date().timeIntervalSince(start) < 5)
    holder.send(SIGTERM)
    try holder.finish()
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func aBrokenLineGivesNoCandidatesAndNoNoise(_ shell: String) throws {
    for words in [["db", "frobnicate", ""], ["--frob", ""], ["db", "load", "none.db", ""]] {
      let result = try NB.run(["__complete", shell, "--"] + words)
      #expect(result.status == 0)
      #expect(result.output == "none\n", "\(words)")
      #expect(result.errors == "")
    }
  }
}
