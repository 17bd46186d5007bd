import Platform
import Testing

@testable import Terminal

@Suite struct ProgressRendererTests {
  private func renderer(_ style: ProgressOptions.Style = .ascii, utf8: Bool = true)
    -> ProgressRenderer
  {
    var options = ProgressOptions()
    options.style = style
    let environment = ["TERM": "xterm", "LC_ALL": utf8 ? "C.UTF-8" : "C", "NO_COLOR": "1"]
    return ProgressRenderer(
      options, terminal: Terminal(environment: { environment[$0] }, isTerminal: { _ in true }))
  }

  private func snapshot(
    _ label: String = "load", _ completed: Int = 300, of total: Int? = 1000,
    _ unit: ProgressUnit = .rows
  ) -> ProgressSnapshot {
    ProgressSnapshot(
      label: label, unit: unit, completed: completed, total: total, elapsed: .seconds(3),
      rate: 100, remaining: total.map { _ in .seconds(7) })
  }

  @Test func aLineHasAllFigures() {
    let lines = renderer().block([snapshot()], columns: 100, rows: 24, frame: 0)
    #expect(
      lines == [
        "| load  [=========>                          ]   30%    300/1,000 rows   100 rows/s  "
          + "0:03  ETA 0:07"
      ])
  }

  @Test(arguments: 5...200) func linesFitEveryWidth(_ columns: Int) {
    let tasks = [
      snapshot("a-rather-long-name-of-a-file-that-is-loaded.csv", 5, of: nil),
      snapshot("b", 123_456_789, of: 987_654_321, .bytes), snapshot("größe", 1, of: 2),
    ]
    for style in ProgressOptions.Style.allCases {
      let lines = renderer(style).block(tasks, columns: columns, rows: 24, frame: 3)
      #expect(lines.allSatisfy { DisplayWidth.of($0) < columns })
      var ended = tasks[0]
      ended.outcome = .failed
      #expect(
        DisplayWidth.of(renderer(style).finalLine(ended, columns: columns)) < columns)
    }
  }

  @Test func narrowTerminalsKeepThePercentage() {
    let lines = renderer().block([snapshot()], columns: 16, rows: 24, frame: 0)
    #expect(lines.count == 1)
    #expect(lines[0].hasSuffix(" 30%"))
  }

  @Test(arguments: [
    (0.0, "[          ]"), (0.04, "[          ]"), (0.1, "[>         ]"), (0.55, "[====>     ]"),
    (0.999, "[========> ]"), (1.0, "[==========]"),
  ])
  func asciiBars(_ fraction: Double, _ expected: String) {
    let bar = ProgressBar(style: .ascii, textStyle: Style(isEnabled: false))
    #expect(bar.render(fraction, width: 12) == expected)
  }

  @Test(arguments: [
    (0.0, "──────────"), (0.05, "╸─────────"), (0.5, "━━━━━─────"), (0.97, "━━━━━━━━━╸"),
    (1.0, "━━━━━━━━━━"),
  ])
  func lineBars(_ fraction: Double, _ expected: String) {
    let bar = ProgressBar(style: .line, textStyle: Style(isEnabled: false))
    #expect(bar.render(fraction, width: 10) == expected)
  }

  @Test(arguments: [(0.0, "▕     ▏"), (0.25, "▕█▎   ▏"), (0.99, "▕████▉▏"), (1.0, "▕█████▏")])
  func blockBars(_ fraction: Double, _ expected: String) {
    let bar = ProgressBar(style: .blocks, textStyle: Style(isEnabled: false))
    #expect(bar.render(fraction, width: 7) == expected)
  }

  @Test func aPlainLineHasNoControlCharacter() {
    let line = ProgressRenderer.plainLine([snapshot(), snapshot("b", 7, of: nil)])
    #expect(
      line == "load: 30%, 300/1,000 rows, 100 rows/s, 0:03 elapsed, 0:07 left; "
        + "b: 7 rows, 100 rows/s, 0:03 elapsed")
  }

  @Test func aFinalLineSaysWhatCameOfIt() {
    var task = snapshot("load", 1000)
    task.outcome = .done
    #expect(renderer(.line).finalLine(task, columns: 80) == "✓ load  1,000 rows  3.0 s  333 rows/s")
    task.completed = 300
    task.outcome = .failed
    #expect(
      renderer(utf8: false).finalLine(task, columns: 80)
        == "failed load  300/1,000 rows  3.0 s  100 rows/s")
  }

  @Test(arguments: [
    (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
    (5_000_000_000, "4.7 GiB"), (Int.max, "8.0 EiB"),
  ])
  func bytes(_ value: Int, _ expected: String) {
    #expect(ProgressUnit.bytes.amount(value) == expected)
  }

  @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (-1_234_567, "-1,234,567")])
  func counts(_ value: Int, _ expected: String) { #expect(Figures.grouped(value) == expected) }

  @Test(arguments: [
    (0, "0:00"), (65, "1:05"), (3600, "1:00:00"), (90_061, "1d 01:01:01"), (-5, "0:00"),
  ])
  func durations(_ seconds: Int, _ expected: String) {
    #expect(Figures.duration(.seconds(seconds)) == expected)
  }
}
