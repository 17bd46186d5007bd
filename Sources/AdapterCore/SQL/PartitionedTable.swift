/// A partitioned table with its partitions.
public struct PartitionedTable: Equatable, Sendable {
  public enum Method: String, Sendable {
    case range, list, hash, key, other
  }

  /// What the bounds of ranges are; decides how they are written and compared.
  public enum KeyKind: Equatable, Sendable {
    case integer
    /// A date or a time without a zone, as text that sorts.
    case date, time
    /// Anything else, also several columns.
    case other
  }

  public var name: TableName
  public var method: Method
  /// The column or expression, in SQL.
  public var key: String
  public var keyKind: KeyKind
  public var partitions: [TablePartition]

  public init(
    name: TableName, method: Method, key: String, keyKind: KeyKind,
    partitions: [TablePartition] = []
  ) {
    self.name = name
    self.method = method
    self.key = key
    self.keyKind = keyKind
    self.partitions = partitions
  }

  /// Whether `first` comes before `second`, both as the catalog writes them.
  public func isBound(_ first: String, before second: String) -> Bool {
    if keyKind == .integer, let first = Int64(first), let second = Int64(second) {
      return first < second
    }
    return first < second
  }
}

extension PartitionedTable {
  /// By their lower bounds; what is no range, and the default, last.
  public func sorted(_ partitions: [TablePartition]) -> [TablePartition] {
    func comesFirst(_ first: TablePartition, _ second: TablePartition) -> Bool {
      guard let from = first.range?.from, let other = second.range?.from else {
        if (first.range == nil) != (second.range == nil) { return first.range != nil }
        return !first.isDefault && second.isDefault
      }
      switch (from, other) {
      case (.minimum, .minimum), (.maximum, _): return false
      case (.minimum, _), (_, .maximum): return true
      case (_, .minimum): return false
      case (.value(let from), .value(let other)): return isBound(from, before: other)
      }
    }
    return partitions.sorted(by: comesFirst)
  }
}
