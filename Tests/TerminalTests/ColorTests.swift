import Terminal
import TestSupport
import Testing

@Suite struct ColorTests {
  struct Case: Sendable {
    var flag: Bool?
    var environment: [String: String] = [:]
    var isTerminal = true
    var isColored: Bool
  }

  static let cases = [
    Case(isColored: true),
    Case(isTerminal: false, isColored: false),
    Case(environment: ["TERM": "dumb"], isColored: false),
    Case(environment: ["TERM": ""], isColored: false),
    Case(environment: ["NO_COLOR": "1"], isColored: false),
    Case(environment: ["NO_COLOR": ""], isColored: true),
    Case(environment: ["NO_COLOR": "1", "FORCE_COLOR": "1"], isColored: false),
    Case(environment: ["FORCE_COLOR": "1"], isTerminal: false, isColored: true),
    Case(environment: ["FORCE_COLOR": "0"], isTerminal: false, isColored: false),
    Case(environment: ["CLICOLOR_FORCE": "1"], isTerminal: false, isColored: true),
    Case(environment: ["CLICOLOR_FORCE": "0"], isTerminal: false, isColored: false),
    Case(environment: ["CLICOLOR_FORCE": "1", "CLICOLOR": "0"], isColored: true),
    Case(environment: ["CLICOLOR": "0"], isColored: false),
    Case(environment: ["CLICOLOR": "1"], isColored: true),
    Case(environment: ["CLICOLOR": "1"], isTerminal: false, isColored: false),
    Case(flag: true, environment: ["NO_COLOR": "1"], isTerminal: false, isColored: true),
    Case(flag: false, environment: ["FORCE_COLOR": "1"], isColored: false),
  ]

  @Test(arguments: cases) func followsTheOrderOfPrecedence(_ example: Case) {
    let environment = ["TERM": "xterm"].merging(example.environment) { $1 }
    let terminal = Terminal(
      color: example.flag, environment: { environment[$0] },
      isTerminal: { _ in example.isTerminal })
    #expect(terminal.style(.output).isEnabled == example.isColored)
    #expect(terminal.style(.errors).isEnabled == example.isColored)
  }

  @Test func isDecidedForEachStream() throws {
    let directory = try TemporaryDirectory()
    let process = try Probe.shell("$PROBE colors > '\(directory.file("out"))'")
    #expect(try process.finish() == .exited(0))
    #expect(try directory.read("out") == "output=false\nerrors=true\n")
  }

  @Test func withoutColourTextStaysAsItIs() {
    #expect(Style(isEnabled: false).red("x") == "x")
    #expect(Style(isEnabled: true).red("x") == "\u{1B}[31mx\u{1B}[0m")
    #expect(Style(isEnabled: true).bold("") == "")
  }

  @Test(arguments: [
    (["LC_ALL": "de_DE.UTF-8"], true), (["LANG": "en_US.utf8"], true), ([:], false),
    (["LC_ALL": "C", "LANG": "en_US.UTF-8"], false), (["LC_ALL": "", "LANG": "C.UTF-8"], true),
    (["LC_CTYPE": "ca_ES.utf8@valencia"], true), (["LANG": "ru_RU.KOI8-R"], false),
  ])
  func findsTheLocalesEncoding(_ environment: [String: String], _ isUTF8: Bool) {
    let terminal = Terminal(environment: { environment[$0] }, isTerminal: { _ in true })
    #expect(terminal.isUTF8 == isUTF8)
  }
}
