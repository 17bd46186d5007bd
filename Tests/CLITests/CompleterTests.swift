import CLI
import Testing

@Suite struct CompleterTests {
  struct Live: Completer.LiveValues {
    func profiles() -> [CompletionAnswer.Candidate] { [.init("@prod", "p"), .init("@test", "t")] }
    func tables(of target: String) -> [CompletionAnswer.Candidate] {
      target == "app.db" ? [.init("users", "table"), .init("orders", "table")] : []
    }
    func columns(of table: String, in target: String) -> [CompletionAnswer.Candidate] {
      table == "users" && target == "app.db" ? [.init("id", "int"), .init("name", "text")] : []
    }
    func queues(of target: String) -> [CompletionAnswer.Candidate] {
      target == "jobs.db" ? [.init("mail")] : []
    }
  }

  static func answer(_ words: [String]) -> CompletionAnswer {
    Completer(Sample.catalog, live: Live()).complete(words)
  }

  @Test(
    arguments: [
      ([""], ["db", "doctor", "help"]),
      (["d"], ["db", "doctor"]),
      (["__"], []),
      (["db", ""], ["query", "load", "migrate"]),
      (["db", "migrate", ""], ["up"]),
      (["db", "migrate", "up", ""], ["strict", "loose"]),
      (["db", "nonsense", ""], []),
      (["db", "load", "c"], ["check"]),
      (["db", "load", "check", ""], []),
      (["db", "load", "app.db", "c"], []),
      (["-q", "db", "q"], ["query"]),
      (["--color", "never", "db", "q"], ["query"]),
      (["--color", ""], ["auto", "always", "never"]),
      (["--color=a"], ["--color=auto", "--color=always"]),
      (["db", "query", "x", "-o", "js"], ["json"]),
      (["db", "query", "x", "-ojs"], ["-ojson"]),
      (["db", "query", "x", "-noj"], ["-nojson"]),
      (["db", "query", "x", "--output=c"], ["--output=csv"]),
      (["db", "query", "x", "--ou"], ["--output"]),
      (["db", "query", "x", "-ojson", "--ou"], []),
      (["db", "query", "x", "-p", "a=1", "--pa"], ["--param"]),
      (["db", "query", "x", "--each", "f", "--ea"], []),
      (["db", "query", "x", "--no-"], ["--no-header"]),
      (["db", "query", "x", "--", "--ou"], []),
      (["db", "query", "x", "y", "z"], []),
      (["db", "query", "@"], ["@prod", "@test"]),
      (["db", "query", "@p"], ["@prod"]),
      (["db", "query", ":"], [":memory:"]),
      (["db", "query", ""], ["@prod", "@test"]),
      (["db", "load", "app.db", ""], ["users", "orders"]),
      (["db", "load", "app.db", "u"], ["users"]),
      (["db", "load", "other.db", ""], []),
      (["db", "load", "app.db", "users", "--key", ""], ["id", "name"]),
      (["db", "load", "app.db", "users", "--key=n"], ["--key=name"]),
      (["db", "load", "app.db", "users", "--key", "id,n"], ["id,name"]),
      (["help", "f"], ["formats"]),
      (["help", "db", "q"], ["query"]),
      ([], ["db", "doctor", "help"]),
    ] as [([String], [String])])
  func offers(_ words: [String], _ candidates: [String]) {
    #expect(Self.answer(words).candidates.map(\.value) == candidates)
  }

  @Test(
    arguments: [
      (["db", "query", ""], .files([])),
      (["db", "query", "a"], .files([])),
      (["db", "query", "@"], .none),
      (["db", "query", "x", "-e", ""], .files(["csv", "tsv"])),
      (["db", "query", "x", "--each=a"], .files(["csv", "tsv"])),
      (["db", "load", "x", "t", "1.csv", "2"], .files([])),
      (["db", "load", "x", "t", "--folder", ""], .directories),
      (["db", "query", "x", "sel"], .none),
      (["db", ""], .none),
    ] as [([String], CompletionAnswer.Paths)])
  func leavesPathsToTheShell(_ words: [String], _ paths: CompletionAnswer.Paths) {
    #expect(Self.answer(words).paths == paths)
  }

  /// Letters stay as they were typed: shells replace nothing but the end of a word.
  @Test(
    arguments: [
      ("x-req", ["x-request-Id:", "x-requested-With:"]),
      ("Accept-E", ["Accept-Encoding:"]),
      ("name=Acc", []),
      ("PREFER:ret", ["PREFER:return=minimal", "PREFER:return=representation"]),
      ("X-Other:", []),
    ] as [(String, [String])])
  func offersHeaderFields(_ word: String, _ candidates: [String]) {
    let spec = CommandSpec(
      path: ["send"], summary: "Send",
      arguments: [
        ArgumentSpec("ITEM", .repeated, completion: .requestItem, summary: "Parts")
      ])
    let catalog = CommandCatalog(groups: [], entries: [CommandCatalog.Entry("send") { spec }])
    let answer = Completer(catalog, live: Live()).complete(["send", "a=1", word])
    #expect(answer.candidates.map(\.value) == candidates)
  }

  @Test func theAnswerIsOneLinePerCandidate() {
    let answer = CompletionAnswer(
      [.init("a", "first"), .init("b"), .init("new\nline", "left out")], paths: .files(["csv"]))
    #expect(answer.text == "files csv\na\tfirst\nb\n")
  }

  @Test(arguments: [
    ("plain", "plain"), ("'a b'", "a b"), ("\"a b", "a b"), ("a\\ b", "a b"),
    ("\"a\\\"b\\n\"", "a\"b\\n"), ("--x='y z'", "--x=y z"), ("a\\", "a"), ("", ""),
  ])
  func wordsOfBashLoseTheirQuotes(_ word: String, _ plain: String) {
    #expect(ShellWord.unquoted(word) == plain)
  }
}
