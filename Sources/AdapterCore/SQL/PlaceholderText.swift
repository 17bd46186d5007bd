/// A statement's text with its placeholders in the one spelling that an engine takes, whichever of
/// `:name`, `$1` and `?` they were written in.
public struct PlaceholderText: Equatable, Sendable {
  public enum Style: Sendable {
    /// `$1`, `$2`, …: each slot once, used any number of times (PostgreSQL).
    case dollar
    /// `?` for every occurrence (MySQL).
    case question
  }

  /// What the engine is given.
  public let text: String
  /// The distinct placeholders in the order of their first occurrence; of style `dollar`, slot i is
  /// written `$i+1`.
  public let slots: [ParameterSlot]
  /// For every placeholder in the order of the text, its index in `slots`.
  public let occurrences: [Int]
  /// Where a rewritten placeholder ends, in bytes of `text` and of the original.
  private let ends: [(rewritten: Int, original: Int)]

  public init(_ original: String, dialect: SQLDialect, style: Style) {
    let found = PlaceholderScanner.scan(original, dialect: dialect)
    guard !found.isEmpty else {
      text = original
      slots = []
      occurrences = []
      ends = []
      return
    }
    var slots: [ParameterSlot] = []
    var occurrences: [Int] = []
    var ends: [(rewritten: Int, original: Int)] = []
    var rewritten: [UInt8] = []
    let bytes = Array(original.utf8)
    var copied = 0
    for place in found {
      rewritten += bytes[copied..<place.range.lowerBound]
      copied = place.range.upperBound
      guard let slot = place.slot else {
        // `??` is how an operator `?` is written where it would be taken for a placeholder.
        rewritten.append(UInt8(ascii: "?"))
        ends.append((rewritten.count, copied))
        continue
      }
      let index = slots.firstIndex(of: slot) ?? slots.count
      if index == slots.count { slots.append(slot) }
      occurrences.append(index)
      // `limit:n` must not become the name `limit$1`, nor `?and` the number `$1and`.
      if let last = rewritten.last, Self.joinsWords(last) { rewritten.append(UInt8(ascii: " ")) }
      rewritten += style == .dollar ? Array("$\(index + 1)".utf8) : [UInt8(ascii: "?")]
      if copied < bytes.count, Self.joinsWords(bytes[copied]) {
        rewritten.append(UInt8(ascii: " "))
      }
      ends.append((rewritten.count, copied))
    }
    rewritten += bytes[copied...]
    text = String(decoding: rewritten, as: UTF8.self)
    self.slots = slots
    self.occurrences = occurrences
    self.ends = ends
  }

  private static func joinsWords(_ byte: UInt8) -> Bool {
    SQLLexer.isWordByte(byte) || byte == UInt8(ascii: "$")
  }

  /// The byte of the original text that stands at a byte of `text`, for places in an engine's errors.
  public func originalOffset(ofByte offset: Int) -> Int {
    guard let last = ends.last(where: { $0.rewritten <= offset }) else { return offset }
    return last.original + offset - last.rewritten
  }

  public static func == (left: Self, right: Self) -> Bool {
    left.text == right.text && left.slots == right.slots && left.occurrences == right.occurrences
  }
}
