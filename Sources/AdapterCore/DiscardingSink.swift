/// Where rows go that nobody wants.
public final class DiscardingSink: RowSink {
  public init() {}

  public func begin(columns: [Column]) {}
  public func null() {}
  public func bool(_ value: Bool) {}
  public func int(_ value: Int64) {}
  public func double(_ value: Double) {}
  public func double(digits: BorrowedBytes) {}
  public func decimal(_ digits: BorrowedBytes) {}
  public func text(_ utf8: BorrowedBytes) {}
  public func bytes(_ value: BorrowedBytes) {}
  public func json(_ document: BorrowedBytes) {}
  public func endRow() {}
  public func finish() {}
}
