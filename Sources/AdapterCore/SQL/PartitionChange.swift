/// How a partition is taken away.
public struct PartitionRemoval: Equatable, Sendable {
  /// Whether its rows stay, as a table of their own.
  public var keepsTable: Bool
  /// Whether reads and writes of the others go on meanwhile.
  public var isConcurrent: Bool

  public init(keepsTable: Bool = false, isConcurrent: Bool = false) {
    self.keepsTable = keepsTable
    self.isConcurrent = isConcurrent
  }
}

/// The statements of a change, and what it is about.
public struct PartitionChange: Equatable, Sendable {
  public var statements: [String]
  /// Whether they run in one transaction.
  public var isTransactional: Bool
  /// The partitions that are made or taken away, in order.
  public var partitions: [TablePartition]

  /// Nothing unless told otherwise.
  public init(
    statements: [String] = [], isTransactional: Bool = true, partitions: [TablePartition] = []
  ) {
    self.statements = statements
    self.isTransactional = isTransactional
    self.partitions = partitions
  }
}
