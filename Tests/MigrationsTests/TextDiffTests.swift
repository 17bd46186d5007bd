import Testing

@testable import Migrations

@Suite struct TextDiffTests {
  @Test func equalTextsDifferInNothing() {
    #expect(TextDiff.unified(old: "a\nb", new: "a\nb") == [])
  }

  @Test func aChangedLineHasThreeLinesAround() {
    let old = (1...9).map { "\($0)" }.joined(separator: "\n")
    let new = old.split(separator: "\n").map { $0 == "5" ? "five" : $0 }.joined(separator: "\n")
    #expect(
      TextDiff.unified(old: old, new: new) == [
        "@@ -2,7 +2,7 @@", " 2", " 3", " 4", "-5", "+five", " 6", " 7", " 8",
      ])
  }

  @Test func farChangesAreHunksOfTheirOwn() {
    let lines = (1...30).map { "\($0)" }
    var changed = lines
    changed[2] = "x"
    changed.remove(at: 25)
    changed.append("31")
    let diff = TextDiff.unified(
      old: lines.joined(separator: "\n"), new: changed.joined(separator: "\n"))
    #expect(diff.filter { $0.hasPrefix("@@") } == ["@@ -1,6 +1,6 @@", "@@ -23,8 +23,8 @@"])
    #expect(diff.filter { $0.hasPrefix("-") } == ["-3", "-26"])
    #expect(diff.filter { $0.hasPrefix("+") } == ["+x", "+31"])
  }

  @Test func applyingTheHunksGivesTheNewText() {
    // Random texts of few distinct lines.
    var state: UInt64 = 5
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    for _ in 0..<300 {
      let old = (0...random(20)).map { _ in ["a", "b", "c"][random(3)] }
      let new = random(2) == 0 ? old.filter { _ in random(5) > 0 } : old.reversed()
      let diff = TextDiff.unified(
        old: old.joined(separator: "\n"), new: new.joined(separator: "\n"))
      #expect(apply(diff, to: old).joined(separator: "\n") == new.joined(separator: "\n"))
    }
  }

  private func apply(_ diff: [String], to old: [String]) -> [String] {
    var result: [String] = []
    var index = 0
    for line in diff {
      switch line.first {
      case "@":
        let start = (Int(line.dropFirst(4).prefix { $0.isNumber }) ?? 1) - 1
        result += old[index..<start]
        index = start
      case "-": index += 1
      case "+": result.append(String(line.dropFirst()))
      default:
        result.append(old[index])
        index += 1
      }
    }
    return result + old[index...]
  }
}
