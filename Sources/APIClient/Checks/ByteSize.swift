/// Sizes as people write them: `512`, `10k`, `5M`, `1G`, in powers of 1,024.
public enum ByteSize {
  /// nil for anything else.
  public static func parse(_ text: String) -> Int? {
    let units: [(Character, Int)] = [("k", 1 << 10), ("m", 1 << 20), ("g", 1 << 30)]
    let unit = units.first { text.lowercased().hasSuffix(String($0.0)) }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    let (size, overflows) = (Int(digits) ?? -1).multipliedReportingOverflow(by: unit?.1 ?? 1)
    return size >= 0 && !overflows ? size : nil
  }
}
