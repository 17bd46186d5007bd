import AdapterCore

/// Reads records of a file and pushes them into a sink, one at a time.
public protocol RecordReader: AnyObject {
  /// Reads the header, or the first record, and tells the columns. Call it once, before `next`.
  ///
  /// Throws `data` for an input without any record that could tell the columns.
  func readHeader() throws(AdapterError) -> [Column]
  /// Makes `next` give the header as the first record; for a header that turns out to be one. Without
  /// effect where there is no header.
  func takeHeaderAsRecord()
  /// Pushes the next record's cells and `endRow`; false at the end of the input.
  ///
  /// A malformed record throws `data` before any of its cells is pushed; the next call goes on with
  /// the record after it. The sink's own errors pass through.
  func next(into sink: any RowSink) throws(AdapterError) -> Bool
  /// The line the current record begins on, from 1.
  var line: Int { get }
  /// The current record as it stands in the input, without its line end; valid until `next`.
  var rawRecord: BorrowedBytes { get }
  /// Bytes read from the source so far, for progress.
  var bytesRead: Int { get }
  /// Whether the last fault makes it impossible to tell where further records begin.
  var hasStopped: Bool { get }
}

extension RecordReader {
  public func takeHeaderAsRecord() {}
  public var hasStopped: Bool { false }

  /// Pushes all records, with `begin` and `finish`.
  public func readAll(into sink: any RowSink) throws(AdapterError) {
    try sink.begin(columns: try readHeader())
    while try next(into: sink) {}
    try sink.finish()
  }
}
