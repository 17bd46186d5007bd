/// Statuses as people write them: `404`, `4xx`.
public enum StatusPattern {
  public static func isValid(_ text: String) -> Bool {
    let text = text.lowercased().utf8
    return text.count == 3 && text.first.map { (0x31...0x35).contains($0) } ?? false
      && text.dropFirst().allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "x") }
  }

  /// Whether a status fits a valid pattern.
  public static func matches(_ pattern: String, _ status: Int) -> Bool {
    let digits = String(status).utf8
    return digits.count == 3
      && zip(digits, pattern.lowercased().utf8).allSatisfy { $0 == $1 || $1 == UInt8(ascii: "x") }
  }
}
