/// How records are written; what a format has no use for is ignored.
public struct RenderOptions: Sendable {
  public enum Lines: Sendable {
    /// `│`, `─`, `┼`, `…`.
    case unicode
    /// `|`, `-`, `+`, `~`.
    case ascii
  }

  /// Whether column names are written (table, csv, tsv, markdown); nil: by all of these but tsv.
  public var header: Bool?
  /// What separates the fields of CSV.
  public var delimiter = UInt8(ascii: ",")
  /// Whether a person reads it on a terminal: control characters in data are then shown escaped,
  /// and JSON arrays have a row a line.
  public var forTerminal = false
  /// Whether bold and dim may be used (table, vertical).
  public var isStyled = false
  public var lines = Lines.unicode
  /// The terminal's columns; table cells that do not fit are cut. nil: no limit.
  public var maximumWidth: Int?
  /// Whether rows are written one by one rather than when the buffer is full.
  public var flushEachRow = false

  public init() {}
}
