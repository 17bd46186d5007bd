/// A sink that hands everything to another one; subclasses change what they must.
open class PassThroughSink: RowSink {
  public let next: any RowSink

  public init(_ next: any RowSink) { self.next = next }

  open func begin(columns: [Column]) throws(AdapterError) { try next.begin(columns: columns) }
  public final func null() { next.null() }
  public final func bool(_ value: Bool) { next.bool(value) }
  public final func int(_ value: Int64) { next.int(value) }
  public final func double(_ value: Double) { next.double(value) }
  public final func double(digits: BorrowedBytes) { next.double(digits: digits) }
  public final func decimal(_ digits: BorrowedBytes) { next.decimal(digits) }
  public final func text(_ utf8: BorrowedBytes) { next.text(utf8) }
  public final func bytes(_ value: BorrowedBytes) { next.bytes(value) }
  public final func json(_ document: BorrowedBytes) { next.json(document) }
  open func endRow() throws(AdapterError) { try next.endRow() }
  public final func releaseRows() throws(AdapterError) { try next.releaseRows() }
  open func finish() throws(AdapterError) { try next.finish() }
}
