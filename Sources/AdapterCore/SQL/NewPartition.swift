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
  /// The end of its name: `p20240131` from a day, `p2024013123` from an hour, `p1000` and `pm5` from
  /// numbers.
  public var suffix: String {
    let isDate = from.count >= 10 && from.dropFirst(4).first == "-"
    var digits = (isDate ? from.prefix(19) : from[...])
      .filter { $0.isASCII && ($0.isNumber || $0.isLetter) }
    if from.hasPrefix("-") { digits = "m" + digits }
    // What is zero of a time says nothing.
    if isDate, digits.hasSuffix("000000") { digits.removeLast(6) }
    if isDate, digits.count == 14, digits.hasSuffix("0000") { digits.removeLast(4) }
    return "p" + digits
  }
}
