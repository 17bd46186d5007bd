import AdapterCore
import Testing

@Suite struct RowBatchTests {
  private let rows: [[Value]] = [
    [.null, .bool(true), .bool(false), .int(.min), .double(-0.0)],
    [.decimal("1.10"), .text(""), .text("é\0\n"), .bytes([0, 255]), .json("{\"a\":1}")],
    [.int(.max), .double(.nan), .text("end"), .bytes([]), .null],
  ]

  private func makeBatch() -> RowBatch {
    let batch = RowBatch()
    batch.begin(columns: (1...5).map { Column(name: "c\($0)") })
    for row in rows {
      for value in row { batch.push(value) }
      batch.endRow()
    }
    return batch
  }

  private func play(_ batch: RowBatch) throws -> [[Value]] {
    let collector = RowCollector()
    for row in 0..<batch.rowCount { try batch.play(row: row, into: collector) }
    return collector.rows
  }

  @Test func givesBackWhatItTook() throws {
    let batch = makeBatch()
    #expect(batch.columns.map(\.name) == ["c1", "c2", "c3", "c4", "c5"])
    // NaN is not equal to itself.
    #expect(String(describing: try play(batch)) == String(describing: rows))
    #expect(String(describing: try play(batch)) == String(describing: rows))
  }

  @Test func isEmptyAfterwardsAndCanBeUsedAgain() throws {
    let batch = makeBatch()
    batch.removeAll()
    #expect(batch.rowCount == 0 && batch.byteCount == 0)
    batch.int(1)
    batch.endRow()
    #expect(try play(batch) == [[.int(1)]])
  }

  @Test func anOpenRowCanBeDropped() throws {
    let batch = makeBatch()
    batch.push(.text("half"))
    batch.dropOpenRow()
    batch.int(7)
    batch.endRow()
    #expect(try play(batch).last == [.int(7)])
  }

  @Test func theSinksErrorComesThrough() {
    final class Refusing: PassThroughSink {
      override func endRow() throws(AdapterError) { throw AdapterError(.data, "no") }
    }
    let batch = makeBatch()
    #expect(throws: AdapterError.self) {
      try batch.play(row: 1, into: Refusing(RowCollector()))
    }
  }
}
