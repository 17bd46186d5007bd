import Foundation
import TestSupport
import Testing

/// Progress as a person sees it.
@Suite struct ProgressTests {
  private static let hideCursor = "\u{1B}[?25l"
  private static let showCursor = "\u{1B}[?25h"

  @Test func drawsABarAndLeavesItsFinalLine() throws {
    let process = try Probe.start("bar", seconds: 1)
    try process.wait("half a bar") { $0.text.contains("━━") && $0.text.contains(" rows/s") }
    #expect(!process.screen.isCursorVisible)
    #expect(process.screen.lines.count == 1)
    #expect(try process.finish() == .exited(0))
    #expect(process.screen.lines.count == 1)
    #expect(process.screen.lines[0].hasPrefix("✓ load people.csv  1,000 rows  1.0 s"))
    #expect(process.screen.isCursorVisible)
    #expect(process.screen.row == 1 && process.screen.column == 0)
    #expect(process.screen.unknown == [])
  }

  @Test func leavesNothingWhenTheBarIsCleared() throws {
    let process = try Probe.start("cleared", seconds: 0.6)
    try process.wait(for: "load people.csv")
    #expect(try process.finish() == .exited(0))
    #expect(process.screen.lines == [])
    #expect(process.screen.isCursorVisible)
  }

  @Test func drawsNothingForShortWork() throws {
    let process = try Probe.start("cleared", seconds: 0.02)
    #expect(try process.finish() == .exited(0))
    #expect(process.bytes == [])
  }

  @Test(arguments: ["10ms", "50ms", "100ms"])
  func drawsAtMostTwentyTimesASecond(interval: String) throws {
    let process = try Probe.start("cleared", seconds: 2, ["PROBE_INTERVAL": interval])
    #expect(try process.finish() == .exited(0))
    let draws = process.output.components(separatedBy: Self.hideCursor).count - 1
    #expect(draws <= 40)
    #expect(draws >= 5)
  }

  @Test func drawsSeveralTasksInColumns() throws {
    let process = try Probe.start("several", seconds: 1)
    try process.wait(for: "delta")
    try process.wait("all four tasks") { $0.lines.count == 4 }
    let lines = process.screen.lines
    #expect(lines[0].contains("alpha") && lines[0].contains("50%"))
    #expect(lines[1].contains("beta"))
    #expect(lines[2].contains("gamma") && lines[2].contains("0%"))
    #expect(lines[3].contains("42 rows") && !lines[3].contains("%"))
    #expect(try process.finish() == .exited(0))
    #expect(process.screen.unknown == [])
  }

  @Test func showsAsManyTasksAsFit() throws {
    let process = try Probe.start("several", seconds: 1, rows: 4)
    try process.wait(for: "… and 2 more")
    #expect(process.screen.lines.count == 3)
    #expect(process.screen.scrolledLines == [])
    _ = try process.finish()
  }

  @Test func turnsASpinnerWhileTheWorkStalls() throws {
    let process = try Probe.start("stalled", seconds: 1)
    try process.wait(for: "⠋ waiting")
    try process.wait(for: "⠹ waiting")
    #expect(try process.finish() == .exited(0))
  }

  @Test func printsNotesAboveTheBars() throws {
    let process = try Probe.start("notes", seconds: 30)
    try process.wait("three notes and the bar") {
      $0.lines.count == 4 && $0.lines[3].contains("25%")
    }
    // Control characters of a note do not reach the terminal.
    #expect(Array(process.screen.lines.prefix(3)) == (1...3).map { "note \($0)\\x1b[31m" })
    process.type("\u{3}")
    #expect(try process.finish() == .signalled(SIGINT))
  }

  @Test(arguments: [120, 40, 20, 10, 3], [true, false])
  func leavesNothingBehindAfterAResize(columns: Int, isKnown: Bool) throws {
    let process = try Probe.start("several", seconds: 30, columns: 80)
    try process.wait("four lines") { $0.lines.count == 4 }
    process.resize(columns: columns, rows: 24, tellsProgram: isKnown)
    let seen = process.bytes.count
    try process.wait("three drawings") { _ in process.bytes.count > seen + 1200 || columns < 20 }
    // Not typed: for Ctrl-C a terminal drops output that is on its way.
    process.send(signal: SIGINT)
    #expect(try process.finish() == .signalled(SIGINT))
    #expect(process.screen.text.isEmpty)
    #expect(process.screen.isCursorVisible)
    #expect(process.screen.wrapsLines)
  }

  @Test(arguments: ["ascii", "line", "blocks", "none"])
  func drawsEachStyle(_ style: String) throws {
    let process = try Probe.start("bar", seconds: 1.5, ["PROBE_STYLE": style])
    let sign = ["ascii": "[==", "line": "━━", "blocks": "▕██", "none": "%"][style] ?? ""
    try process.wait("a bar") { $0.text.contains(sign) && $0.text.contains("load people.csv") }
    if style == "ascii" { #expect(process.output.utf8.allSatisfy { $0 < 0x80 }) }
    _ = try process.finish()
    #expect(process.screen.unknown == [])
  }

  @Test func usesAsciiWithoutAUTF8Locale() throws {
    let process = try Probe.start("bar", seconds: 1, ["LC_ALL": "C"])
    try process.wait(for: "[=")
    #expect(try process.finish() == .exited(0))
    #expect(process.bytes.allSatisfy { $0 < 0x80 })
    #expect(process.screen.lines[0].hasPrefix("done load people.csv"))
  }

  @Test(arguments: [["NO_COLOR": "1"], ["CLICOLOR": "0"]])
  func usesNoColourWhenAskedNotTo(_ environment: [String: String]) throws {
    let process = try Probe.start("bar", seconds: 0.6, environment)
    _ = try process.finish()
    #expect(process.output.contains("━"))
    #expect(!process.output.contains("\u{1B}[36m"))
  }

  @Test func writesNothingToStdout() throws {
    let directory = try TemporaryDirectory()
    let process = try Probe.shell("$PROBE bar 0.6 > '\(directory.file("out"))'")
    try process.wait(for: "✓ load people.csv")
    #expect(try process.finish() == .exited(0))
    #expect(try directory.read("out") == "")
  }

  @Test(arguments: [["TERM": "dumb"], ["PROBE_MODE": "lines"]])
  func printsPlainLinesWhereTheCursorCannotMove(_ environment: [String: String]) throws {
    let process = try Probe.start(
      "bar", seconds: 1, environment.merging(["PROBE_INTERVAL": "200ms"]) { $1 })
    #expect(try process.finish() == .exited(0))
    #expect(!process.output.contains("\u{1B}"))
    #expect(process.screen.lines.count >= 2)
    for line in process.screen.lines {
      #expect(line.hasPrefix("nb: load people.csv: ") && line.contains("% ") == false)
      #expect(line.contains("/1,000 rows"))
    }
  }

  @Test(arguments: [["PROBE_MODE": "never"], ["PROBE_QUIET": "1"]])
  func printsNothingWhenAskedNotTo(_ environment: [String: String]) throws {
    let process = try Probe.start("bar", seconds: 0.5, environment)
    #expect(try process.finish() == .exited(0))
    #expect(process.bytes == [])
  }

  @Test func printsNothingOnAPipeForWorkUnderTenSeconds() throws {
    let process = try Probe.shell("$PROBE bar 1 2>&1 | wc -c")
    #expect(try process.finish() == .exited(0))
    #expect(process.screen.lines == ["0"])
  }

  @Test func drawsBarsOnAPipeWhenAskedTo() throws {
    let process = try Probe.shell("$PROBE bar 1 2>&1 | tr -d '\\33' | grep -c '█\\|━'")
    // Nothing is lost by the pipe: the mode is `always`.
    _ = try process.finish()
    let forced = try Probe.shell(
      "$PROBE bar 1 2>&1 | grep -c '━'", ["PROBE_MODE": "always"])
    #expect(try forced.finish() == .exited(0))
    #expect(process.screen.lines == ["0"])
  }
}
