/// A partition to be made, with bounds as the catalog writes them.
public struct NewPartition: Equatable, Sendable {
  /// nil: named by its table and its lower bound.
  public var name: String?
  public var from: String
  public var to: String

  public init(name: String? = nil, from: String, to: String) {
    self.name = name
    self.from = from
    self.to = to
  }
}

extension NewPartition {
  /// The end of its name: `p20240131` from a day, `p1000` and `pm5` from numbers.
  public var suffix: String {
    var digits = String(from.filter { $0.isASCII && ($0.isNumber || $0.isLetter) })
    if from.hasPrefix("-") { digits = "m" + digits }
    // A day at midnight needs no time.
    if from.count >= 19, from.dropFirst(10).prefix(9) == " 00:00:00" {
      digits = String(digits.prefix(8))
    }
    return "p" + digits
  }
}
