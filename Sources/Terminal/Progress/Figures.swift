import Platform

/// Numbers as a person reads them at a glance.
enum Figures {
  private static let binaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

  /// "1,234,567".
  static func grouped(_ value: Int) -> String {
    var digits = Array(String(value.magnitude))
    var position = digits.count - 3
    while position > 0 {
      digits.insert(",", at: position)
      position -= 3
    }
    return (value < 0 ? "-" : "") + String(digits)
  }

  /// "512 B", "28.8 MiB".
  static func bytes(_ value: Double) -> String {
    let power = binaryPower(value)
    return scaled(value, power) + " " + binaryUnits[power]
  }

  /// How often 1024 goes into a number of bytes: the index of its unit. What would print as
  /// "1024.0" belongs to the next unit.
  static func binaryPower(_ value: Double) -> Int {
    var power = 0
    var rest = value
    while rest >= (power == 0 ? 1024 : 1023.95), power < binaryUnits.count - 1 {
      rest /= 1024
      power += 1
    }
    return power
  }

  /// The number without its unit: "28.8"; whole for bytes.
  static func scaled(_ value: Double, _ power: Int) -> String {
    guard power > 0 else { return String(Int(value)) }
    var result = value
    for _ in 0..<power { result /= 1024 }
    return oneDecimal(result)
  }

  static func oneDecimal(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// "0:05", "12:34", "1:02:03", "3d 04:05:06".
  static func duration(_ duration: Duration) -> String {
    let total = max(0, duration.inNanoseconds) / 1_000_000_000
    let (days, hours, minutes) = (total / 86400, total / 3600 % 24, total / 60 % 60)
    let clock = "\(twoDigits(minutes)):\(twoDigits(total % 60))"
    if days > 0 { return "\(days)d \(twoDigits(hours)):\(clock)" }
    return hours > 0 ? "\(hours):\(clock)" : "\(minutes):\(twoDigits(total % 60))"
  }

  private static func twoDigits(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
