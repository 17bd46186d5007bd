/// Bytes borrowed from their producer. Those handed to a `RowSink` stay valid until the matching
/// `endRow()` returns.
public typealias BorrowedBytes = UnsafeBufferPointer<UInt8>

/// One value, owned: a bound parameter, or a cell of a small result. Bulk data never takes this
/// form; it is pushed through a `RowSink`.
public enum Value: Equatable, Sendable {
  case null
  case bool(Bool)
  case int(Int64)
  case double(Double)
  /// An exact number as the backend writes it; also integers beyond Int64.
  case decimal(String)
  case text(String)
  case bytes([UInt8])
  /// A JSON document as text, known to be valid.
  case json(String)
}

extension RowSink {
  /// Pushes an owned value as one cell.
  ///
  /// The bytes are borrowed for this call only, so it is for sinks that consume a cell at once
  /// (renderers), and for rows that end while `value` lives.
  public func push(_ value: Value) {
    switch value {
    case .null: null()
    case .bool(let flag): bool(flag)
    case .int(let number): int(number)
    case .double(let number): double(number)
    case .decimal(var digits): digits.withUTF8 { decimal($0) }
    case .text(var string): string.withUTF8 { text($0) }
    case .bytes(let array): array.withUnsafeBufferPointer { bytes($0) }
    case .json(var document): document.withUTF8 { json($0) }
    }
  }
}

extension Value {
  /// The text of `text`, `decimal` and `json`; nil for the rest.
  public var string: String? {
    switch self {
    case .text(let string), .decimal(let string), .json(let string): string
    default: nil
    }
  }

  /// The number of `int`; nil for the rest.
  public var integer: Int64? { if case .int(let number) = self { number } else { nil } }
}
