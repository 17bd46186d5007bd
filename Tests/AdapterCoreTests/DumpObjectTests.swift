import AdapterCore
import Testing

@Suite struct DumpObjectTests {
  private func order(_ objects: [(Int64, Int, String, [Int64])]) -> [Int64] {
    DumpObject.order(
      Dictionary(
        uniqueKeysWithValues: objects.map { key, rank, name, needs in
          (key, DumpObject(rank: rank, name: name, sql: "", needs: needs))
        }))
  }

  @Test func objectsComeByRankAndName() {
    #expect(order([(1, 2, "a", []), (2, 1, "b", []), (3, 1, "a", [])]) == [3, 2, 1])
  }

  @Test func whatAnObjectNeedsComesBeforeIt() {
    #expect(order([(1, 1, "a", [2]), (2, 9, "z", [3]), (3, 5, "y", [])]) == [3, 2, 1])
  }

  @Test func whatIsNotThereAndWhatNeedsItselfIsNoHindrance() {
    #expect(order([(1, 1, "a", [7, 1, 2]), (2, 2, "b", [1])]) == [2, 1])
  }

  @Test func aChainMayBeLong() {
    let count: Int64 = 100_000
    let chain = (0..<count).map { ($0, 1, "", [$0 + 1]) }
    #expect(order(chain) == (0..<count).reversed())
  }
}
