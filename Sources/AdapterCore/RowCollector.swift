/// A sink that keeps all rows: for small results only (catalogs, histories, tests).
public final class RowCollector: RowSink {
  public private(set) var columns: [Column] = []
  public private(set) var rows: [[Value]] = []
  private var row: [Value] = []

  public init() {}

  public func begin(columns: [Column]) { self.columns = columns }
  public func null() { row.append(.null) }
  public func bool(_ value: Bool) { row.append(.bool(value)) }
  public func int(_ value: Int64) { row.append(.int(value)) }
  public func double(_ value: Double) { row.append(.double(value)) }
  public func decimal(_ digits: BorrowedBytes) {
    row.append(.decimal(String(decoding: digits, as: UTF8.self)))
  }
  public func text(_ utf8: BorrowedBytes) {
    row.append(.text(String(decoding: utf8, as: UTF8.self)))
  }
  public func bytes(_ value: BorrowedBytes) { row.append(.bytes(Array(value))) }
  public func json(_ document: BorrowedBytes) {
    row.append(.json(String(decoding: document, as: UTF8.self)))
  }
  public func endRow() {
    rows.append(row)
    row = []
  }
  public func finish() {}
}
