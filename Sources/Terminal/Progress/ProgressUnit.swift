/// What a task counts.
public enum ProgressUnit: Equatable, Sendable {
  /// Shown as KiB, MiB, GiB.
  case bytes
  /// Shown with its name: `count("rows")`.
  case count(String)

  public static let rows = ProgressUnit.count("rows")
  public static let items = ProgressUnit.count("items")
  public static let pages = ProgressUnit.count("pages")

  /// "12,345 rows", "28.8 MiB".
  public func amount(_ value: Int) -> String {
    switch self {
    case .bytes: Figures.bytes(Double(value))
    case .count(let name): "\(Figures.grouped(value)) \(name)"
    }
  }

  /// "12,345/100,000 rows", "12.4/28.8 MiB": both in the total's unit.
  func amount(_ value: Int, of total: Int) -> String {
    switch self {
    case .bytes:
      let power = Figures.binaryPower(Double(total))
      return Figures.scaled(Double(value), power) + "/" + Figures.bytes(Double(total))
    case .count(let name): return "\(Figures.grouped(value))/\(Figures.grouped(total)) \(name)"
    }
  }

  /// "3.1 MiB/s", "12,345 rows/s", "0.4 rows/s".
  func rate(_ perSecond: Double) -> String {
    switch self {
    case .bytes: Figures.bytes(perSecond) + "/s"
    case .count(let name):
      (perSecond < 10 ? Figures.oneDecimal(perSecond) : Figures.grouped(Int(perSecond)))
        + " \(name)/s"
    }
  }
}
