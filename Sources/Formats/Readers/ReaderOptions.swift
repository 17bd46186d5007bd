/// How records are read; what a format has no use for is ignored.
public struct ReaderOptions: Sendable {
  /// What separates the fields of a CSV file.
  public enum Delimiter: Equatable, Sendable {
    /// The first of `,` `;` tab `|` that occurs most often in the first line; Excel's `sep=` line
    /// is obeyed.
    case automatic
    /// An ASCII character other than the quote and the line ends.
    case byte(UInt8)
  }

  /// Whether CSV and TSV have a header; without one and without `columnNames` the columns are
  /// c1, c2 ….
  public var header = true
  /// The columns' names, instead of the header's; for NDJSON and JSON the keys that may occur.
  public var columnNames: [String]?
  public var delimiter = Delimiter.automatic
  /// The unquoted CSV field that stands for NULL; the empty one is then an empty string.
  public var nullText = ""
  /// The file's name in errors; nil for none.
  public var sourceName: String?
  /// A longer record is refused, so that a quote left open cannot take all memory.
  public var maximumRecordBytes = 1 << 30

  public init() {}
}
