import Platform

/// A date with or without a time of day as engines write it, taken apart:
/// `2024-02-29 12:34:56.789+05:30`.
public struct TimeText: Equatable, Sendable {
  public private(set) var year = 0
  public private(set) var month = 0
  public private(set) var day = 0
  public private(set) var hour = 0
  public private(set) var minute = 0
  public private(set) var second = 0
  /// Digits behind the second's point, without trailing zeros: their number and, up to nine of them,
  /// what they are as nanoseconds.
  public private(set) var fractionDigits = 0
  public private(set) var nanoseconds = 0
  /// Seconds east of UTC; nil: the text names no zone.
  public private(set) var offset: Int?

  /// nil for text of another form, years before 1 and beyond 9999 included.
  public init?(_ text: BorrowedBytes) {
    var reader = DigitReader(text)
    guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2),
      reader.skip("-"), let day = reader.number(2)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
    guard !reader.isAtEnd else { return }
    guard reader.skip(" ") || reader.skip("T"), let hour = reader.number(2), reader.skip(":"),
      let minute = reader.number(2)
    else { return nil }
    (self.hour, self.minute) = (hour, minute)
    if reader.skip(":") {
      guard let second = reader.number(2) else { return nil }
      self.second = second
      if reader.skip(".") { (fractionDigits, nanoseconds) = reader.fraction() }
    }
    guard !reader.isAtEnd else { return }
    guard let offset = reader.zone(), reader.isAtEnd else { return nil }
    self.offset = offset
  }

  public var isMidnight: Bool { hour | minute | second | nanoseconds == 0 }

  /// The same instant with the clock of UTC; without a zone the text is taken to be UTC's.
  public var inUTC: UTCTime {
    let date = UTCTime.days(year: year, month: month, day: day)
    let seconds = hour * 3600 + minute * 60 + second - (offset ?? 0)
    return UTCTime(secondsSince1970: Int64(date * 86_400 + seconds))
  }

  /// Whether a number reads as a date by its digits, `20240229` or `20240229123456`. Engines take
  /// numbers of other lengths for dates too, and not for those that were meant.
  public static func isDate(_ number: Int64) -> Bool {
    (10_000_101...99_991_231).contains(number)
      || (10_000_101_000_000...99_991_231_235_959).contains(number)
  }

  public static func isDate(_ digits: BorrowedBytes) -> Bool {
    (digits.count == 8 || digits.count == 14) && digits.allSatisfy { $0 &- 0x30 < 10 }
  }

  /// Digits behind the point of a time of day, without trailing zeros; 0 for other text.
  public static func fractionDigits(_ text: BorrowedBytes) -> Int {
    guard let point = text.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
    var reader = DigitReader(BorrowedBytes(rebasing: text[(point + 1)...]))
    return reader.fraction().digits
  }
}

/// Takes digits and marks from the beginning of text.
private struct DigitReader {
  private let text: BorrowedBytes
  private var index = 0

  init(_ text: BorrowedBytes) { self.text = text }

  var isAtEnd: Bool { index == text.count }

  /// Just this many digits.
  mutating func number(_ count: Int) -> Int? {
    guard text.count - index >= count else { return nil }
    var number = 0
    for byte in text[index..<(index + count)] {
      guard let digit = Self.digit(byte) else { return nil }
      number = number * 10 + digit
    }
    index += count
    return number
  }

  mutating func skip(_ mark: Unicode.Scalar) -> Bool {
    guard index < text.count, text[index] == UInt8(ascii: mark) else { return false }
    index += 1
    return true
  }

  mutating func fraction() -> (digits: Int, nanoseconds: Int) {
    let start = index
    var (digits, nanoseconds, place) = (0, 0, 100_000_000)
    while index < text.count, let digit = Self.digit(text[index]) {
      index += 1
      if digit != 0 { digits = index - start }
      nanoseconds += digit * place
      place /= 10
    }
    return (digits, nanoseconds)
  }

  /// `Z`, `+05`, `+05:30`, `+0530` or `+05:30:15`.
  mutating func zone() -> Int? {
    _ = skip(" ")
    if skip("Z") { return 0 }
    let isWest = skip("-")
    guard isWest || skip("+"), let hours = number(2) else { return nil }
    var seconds = hours * 3600
    for unit in [60, 1] where !isAtEnd {
      _ = skip(":")
      guard let part = number(2) else { return nil }
      seconds += part * unit
    }
    return isWest ? -seconds : seconds
  }

  private static func digit(_ byte: UInt8) -> Int? {
    let digit = byte &- UInt8(ascii: "0")
    return digit <= 9 ? Int(digit) : nil
  }
}
