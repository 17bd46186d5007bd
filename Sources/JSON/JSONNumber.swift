/// A JSON number, exact: its source text is kept.
public struct JSONNumber: Hashable, Sendable {
  /// The number as RFC 8259 writes it.
  public let text: String

  /// A number whose text the caller knows to be well-formed.
  init(validText: String) { text = validText }

  public init(_ value: Int64) { text = String(value) }

  /// nil for what JSON cannot express: NaN and the infinities.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    text = value.description
  }

  /// nil unless `text` is a number as RFC 8259 writes it.
  public init?(text: String) {
    var copy = text
    let isNumber = copy.withUTF8 { bytes in
      var scanner = JSONScanner(bytes)
      return (try? scanner.scanNumber()) != nil && scanner.isAtEnd
    }
    guard isNumber else { return nil }
    self.text = text
  }

  /// The value when the text is an integer within Int64: no fraction, no exponent.
  public var int64: Int64? { Int64(text) }

  /// The nearest double; nil when it is beyond the finite ones.
  public var double: Double? { Double(text).flatMap { $0.isFinite ? $0 : nil } }
}
