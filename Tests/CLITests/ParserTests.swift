import AdapterCore
import CLI
import Testing

@Suite struct ParserTests {
  @Test(arguments: [
    ["db", "query", "app.db", "select 1", "-e", "f.csv"],
    ["db", "query", "app.db", "select 1", "-ef.csv"],
    ["db", "query", "app.db", "select 1", "-e=f.csv"],
    ["db", "query", "app.db", "select 1", "--each", "f.csv"],
    ["db", "query", "app.db", "select 1", "--each=f.csv"],
    ["db", "query", "--each=f.csv", "app.db", "--", "select 1"],
    ["db", "--each", "f.csv", "query", "app.db", "select 1"],
    ["--each", "f.csv", "db", "query", "app.db", "select 1"],
    ["-e", "f.csv", "db", "query", "--", "app.db", "select 1"],
    ["--each", "other", "db", "query", "app.db", "select 1", "--each", "f.csv"],
    ["-q", "db", "--color", "never", "query", "app.db", "select 1", "-nef.csv"],
  ])
  func readsAValueInEveryForm(_ words: [String]) throws {
    let invocation = try Sample.invocation(words)
    #expect(invocation.arguments == ["app.db", "select 1"])
    #expect(invocation.string(Sample.each) == "f.csv")
  }

  @Test(
    arguments: [
      (["db", "load", "check", "a.csv"], "db load check", ["a.csv"]),
      (["db", "-q", "load", "check", "a.csv"], "db load check", ["a.csv"]),
      (["db", "load", "./check", "t", "a.csv"], "db load", ["./check", "t", "a.csv"]),
      (["db", "load", "--", "check", "t", "a.csv"], "db load", ["check", "t", "a.csv"]),
      (["db", "load", "app.db", "check", "a.csv"], "db load", ["app.db", "check", "a.csv"]),
    ] as [([String], String, [String])])
  func aLongerCommandIsCalledByItsWordAtOnce(
    _ words: [String], _ command: String, _ arguments: [String]
  ) throws {
    let invocation = try Sample.invocation(words)
    #expect(invocation.spec.path.joined(separator: " ") == command)
    #expect(invocation.arguments == arguments)
  }

  @Test func clustersShortFlags() throws {
    let invocation = try Sample.invocation(["db", "query", "x", "-nqpa=1", "-pb=2", "-p", "c=-3"])
    #expect(invocation.isSet(Sample.dryRun))
    #expect(invocation.isSet(GlobalFlags.quiet))
    #expect(invocation.strings(Sample.param) == ["a=1", "b=2", "c=-3"])
  }

  @Test func wordsAfterTwoDashesAreArguments() throws {
    let invocation = try Sample.invocation(["db", "query", "-n", "--", "--each", "-"])
    #expect(invocation.arguments == ["--each", "-"])
    #expect(invocation.string(Sample.each) == nil)
  }

  @Test func aSingleDashIsAnArgumentAndAValue() throws {
    let invocation = try Sample.invocation(["db", "query", "-", "-e", "-"])
    #expect(invocation.arguments == ["-"])
    #expect(invocation.string(Sample.each) == "-")
  }

  @Test func emptyWordsAreKept() throws {
    let invocation = try Sample.invocation(["db", "query", "", "", "--each="])
    #expect(invocation.arguments == ["", ""])
    #expect(invocation.string(Sample.each) == "")
  }

  @Test func anOptionalValueIsTakenOnlyBehindAnEqualsSign() throws {
    #expect(try Sample.invocation(["db", "query", "x"]).string(Sample.wait) == nil)
    #expect(try Sample.invocation(["db", "query", "-w", "5s"]).string(Sample.wait) == "30s")
    #expect(try Sample.invocation(["db", "query", "x", "--wait=5s"]).string(Sample.wait) == "5s")
    #expect(try Sample.invocation(["db", "query", "x", "-w5s"]).string(Sample.wait) == "5s")
  }

  @Test func aNegatableToggleKnowsThreeStates() throws {
    #expect(try Sample.invocation(["db", "query", "x"]).toggle(OutputFlags.header) == nil)
    let on = try Sample.invocation(["db", "query", "x", "--no-header", "--header"])
    #expect(on.toggle(OutputFlags.header) == true)
    let off = try Sample.invocation(["db", "query", "x", "--header", "--no-header"])
    #expect(off.toggle(OutputFlags.header) == false)
  }

  @Test func repeatedArgumentsTakeTheRest() throws {
    let invocation = try Sample.invocation(["db", "load", "a.db", "t", "1.csv", "2.csv"])
    #expect(invocation.arguments == ["a.db", "t", "1.csv", "2.csv"])
  }

  @Test(
    arguments: [
      (["db", "query"], "nb db query needs TARGET", "nb db query -h shows how"),
      (["db", "load"], "nb db load needs TARGET and TABLE", "nb db load -h shows how"),
      (
        ["db", "query", "a", "select", "1"],
        "nb db query takes no further argument '1'", "quote an argument that has spaces in it"
      ),
      (["dbb", "query"], "unknown command 'dbb'", "did you mean 'nb db'?"),
      (["db", "qeury"], "nb db has no command 'qeury'", "did you mean 'nb db query'?"),
      (["query", "a.db"], "unknown command 'query'", "did you mean 'nb db query'?"),
      (["migrate"], "unknown command 'migrate'", "nb -h lists the commands"),
      (["up"], "unknown command 'up'", "did you mean 'nb db migrate up'?"),
      (["xyzzy"], "unknown command 'xyzzy'", "nb -h lists the commands"),
      (["__secrte"], "unknown command '__secrte'", "nb -h lists the commands"),
      ([""], "unknown command ''", "nb -h lists the commands"),
      (
        ["db", "query", "a", "--eahc", "f"], "nb db query has no flag --eahc",
        "did you mean '--each'?"
      ),
      (["db", "query", "a", "-each", "f"], nil, nil),
      (
        ["db", "query", "a", "--each"], "--each needs a value: --each FILE",
        "nb db query -h shows how"
      ),
      (["db", "query", "a", "-e"], "-e needs a value: -e FILE", "nb db query -h shows how"),
      (
        ["db", "query", "a", "--dry-run=yes"], "--dry-run takes no value",
        "nb db query -h shows how"
      ),
      (["db", "query", "a", "--no-each"], "nb db query has no flag --no-each", nil),
      (
        ["db", "query", "a", "-x"], "nb db query has no flag -x",
        "nb db query -h shows how; to pass it as an argument, put -- in front"
      ),
      (
        ["db", "query", "a", "-o", "jsn"],
        "-o takes one of table, csv, tsv, json, ndjson, vertical, markdown; not 'jsn'",
        "did you mean 'json'?"
      ),
      (
        ["db", "migrate", "up", "strickt"], "POLICY takes one of strict, loose; not 'strickt'",
        "did you mean 'strict'?"
      ),
      (["--colr", "never"], "nb has no flag --colr", "did you mean '--color'?"),
      (["--eahc", "x", "db", "query"], "nb has no flag --eahc", nil),
      (["--", "db", "query"], "unknown command 'db'", nil),
    ] as [([String], String?, String?)])
  func faultsAreUsageErrorsWithASuggestion(
    _ words: [String], _ message: String?, _ hint: String?
  ) throws {
    let error = Sample.error(words)
    #expect(error?.message == message)
    if message != nil { #expect(error?.kind == .usage) }
    if let hint { #expect(error?.hint == hint) }
  }

  @Test func missingArgumentsShowTheUsage() {
    #expect(Sample.error(["db", "query"])?.details == ["usage: nb db query TARGET [SQL] [FLAGS]"])
  }

  @Test func abbreviationsAreNoFlags() {
    #expect(Sample.error(["db", "query", "a", "--eac", "f"])?.message.contains("--eac") == true)
    #expect(Sample.error(["db", "que", "a"])?.message == "nb db has no command 'que'")
  }

  @Test(arguments: [
    (["-h"], "", HelpDetail.brief), (["--help"], "", .full), (["db", "-h"], "db", .brief),
    (["db", "query", "-h"], "db query", .brief), (["-h", "db", "query"], "db query", .brief),
    (["db", "query", "-nh"], "db query", .brief),
    (["db", "query", "-h", "--help"], "db query", .full),
    (["db", "migrate", "--help"], "db migrate", .full),
  ])
  func helpIsAskedForAnywhere(_ words: [String], _ name: String, _ detail: HelpDetail) throws {
    guard case .help(let found, let foundDetail) = try Sample.parser.parse(words) else {
      Issue.record("no help for \(words)")
      return
    }
    #expect(found == name)
    #expect(foundDetail == detail)
  }

  @Test(arguments: [[], ["db"], ["-q", "db", "migrate"], ["--"]] as [[String]])
  func withoutACommandTheLineIsIncomplete(_ words: [String]) throws {
    guard case .incomplete = try Sample.parser.parse(words) else {
      Issue.record("\(words) is complete")
      return
    }
  }

  @Test func aValueThatLooksLikeHelpIsAValue() throws {
    #expect(try Sample.invocation(["db", "query", "x", "-e", "-h"]).string(Sample.each) == "-h")
  }

  @Test(
    arguments: [
      ("/usr/bin/nb", []), ("nb-db", ["db"]), ("./bin/nb-db-query", ["db", "query"]),
      ("nb-doctor", ["doctor"]), ("nb-1.0", []), ("nb-", []), ("", []),
    ] as [(String, [String])])
  func aLinkNamesTheGroup(_ path: String, _ words: [String]) {
    #expect(Sample.parser.impliedWords(programPath: path) == words)
  }

  @Test func invalidUTF8IsRefusedWithItsPlace() throws {
    let bytes: [[CChar]] = [[110, 98, 0], [99, 97, 102, -23, 46, 100, 98, 0]]
    var pointers: [UnsafeMutablePointer<CChar>?] = bytes.map { word in
      let copy = UnsafeMutablePointer<CChar>.allocate(capacity: word.count)
      copy.initialize(from: word, count: word.count)
      return copy
    }
    defer { for pointer in pointers { pointer?.deallocate() } }
    let error = pointers.withUnsafeMutableBufferPointer { vector -> AdapterError? in
      do throws(AdapterError) {
        _ = try Arguments.decode(count: 2, vector.baseAddress!)
        return nil
      } catch {
        return error
      }
    }
    #expect(error?.kind == .usage)
    #expect(error?.message.hasPrefix("argument 1 is not valid UTF-8") == true)
  }

  /// Whatever the words, parsing ends in a result or a usage error.
  @Test func randomWordsNeverTrap() {
    let pieces = [
      "db", "query", "load", "migrate", "up", "help", "-", "--", "-e", "-n", "-p", "-w", "--each",
      "--each=", "--no-header", "--no-", "=", "-=", "--=", "-é", "--é=ü", "", " ", "\u{0}", "-nep",
      "--wait", "-h", "--color", "never", "__secret",
    ]
    var generator = SeededGenerator(seed: 42)
    for _ in 0..<5000 {
      let words = (0..<Int.random(in: 0...7, using: &generator)).map { _ in
        pieces[Int.random(in: 0..<pieces.count, using: &generator)]
      }
      if let error = Sample.error(words) { #expect(error.kind == .usage, "\(words)") }
    }
  }
}

/// SplitMix64: the same words on every run.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
