import AdapterCore

/// Reads records of a file and pushes them into a sink, one at a time.
public protocol RecordReader: AnyObject {
  /// Reads the header, or the first record, and tells the columns. Call it once, before `next`.
  ///
  /// Throws `data` for an input without any record that could tell the columns.
  func readHeader() throws(AdapterError) -> [Column]
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
}

extension RecordReader {
  /// Pushes all records, with `begin` and `finish`.
  public func readAll(into sink: any RowSink) throws(AdapterError) {
    try sink.begin(columns: try readHeader())
    while try next(into: sink) {}
    try sink.finish()
  }
}
