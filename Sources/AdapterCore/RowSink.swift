import JSON

/// A column of a result, as far as the backend knows it before the first row.
public struct Column: Equatable, Sendable {
  /// What the values are, mostly; a sink uses it for alignment and for creating tables.
  public enum Kind: String, Sendable {
    case integer, real, decimal, text, bytes, json, boolean, timestamp, unknown
  }

  public var name: String
  public var kind: Kind
  /// The type as the backend declares it ("VARCHAR(20)"); nil for an expression.
  public var declaredType: String?
  /// The name of the dialect that the declared type is of; nil for one that every engine has.
  public var dialect: String?

  public init(
    name: String, kind: Kind = .unknown, declaredType: String? = nil, dialect: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.declaredType = declaredType
    self.dialect = dialect
  }

  /// The declared type, where an engine of this dialect knows it.
  public func declaredType(in dialect: SQLDialect) -> String? {
    self.dialect == nil || self.dialect == dialect.name ? declaredType : nil
  }
}

/// Where rows go: a renderer, a loader into a table, a record of a statement run per row.
///
/// Rows are pushed, not collected. For each result set: `begin`, then per row one call per column
/// in order and `endRow`, then `finish`. A producer never pushes more or fewer cells than columns.
///
/// Cells never throw: a sink that meets a bad value remembers it and throws from `endRow`. Borrowed
/// bytes stay valid until that `endRow` returns, so a sink may keep pointers within a row.
public protocol RowSink: AnyObject {
  func begin(columns: [Column]) throws(AdapterError)
  func null()
  func bool(_ value: Bool)
  func int(_ value: Int64)
  func double(_ value: Double)
  /// A double as the digits that read back as the same number, as nb writes them: `0.25`.
  func double(digits: BorrowedBytes)
  /// An exact number in decimal notation.
  func decimal(_ digits: BorrowedBytes)
  /// Text that should be UTF-8; a sink must survive bytes that aren't.
  func text(_ utf8: BorrowedBytes)
  func bytes(_ value: BorrowedBytes)
  /// A valid JSON document.
  func json(_ document: BorrowedBytes)
  func endRow() throws(AdapterError)
  /// Hands on the rows that are held back, to look at them together.
  func releaseRows() throws(AdapterError)
  func finish() throws(AdapterError)
}

extension RowSink {
  public func releaseRows() throws(AdapterError) {}
  public func double(digits: BorrowedBytes) { double(nearestDouble(to: digits)) }
}

/// A sink that can take a whole JSON document as a row, of whatever shape: JSON knows no columns.
public protocol DocumentSink: RowSink {
  /// Takes a valid document, without line ends, in place of cells and `endRow`.
  func document(_ json: BorrowedBytes) throws(AdapterError)
}
