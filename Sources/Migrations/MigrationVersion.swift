/// The digits in front of a migration file's name; compared as a number of any length.
public struct MigrationVersion: Hashable, Comparable, Sendable {
  /// As written, with leading zeros.
  public let text: String
  /// Without leading zeros.
  private let digits: String

  /// nil unless `text` is 1 to 64 ASCII digits.
  public init?(_ text: some StringProtocol) {
    guard (1...64).contains(text.utf8.count),
      text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
    else { return nil }
    self.text = String(text)
    digits = String(Substring(self.text.utf8.drop { $0 == UInt8(ascii: "0") }))
  }

  public static func == (left: Self, right: Self) -> Bool { left.digits == right.digits }

  public static func < (left: Self, right: Self) -> Bool {
    left.digits.utf8.count == right.digits.utf8.count
      ? left.digits < right.digits : left.digits.utf8.count < right.digits.utf8.count
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(digits) }
}
