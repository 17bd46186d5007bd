/// Tables that are divided into partitions.
public protocol TablePartitioning: AnyObject {
  /// Whether values between two partitions may belong to none. Otherwise each begins where the one
  /// before it ends.
  var allowsGaps: Bool { get }

  /// The partitioned tables, each with its partitions in the order of their bounds; all of them, or
  /// the one of this name. Throws `notFound` for a table that does not exist or has no partitions.
  func partitionedTables(named name: TableName?) throws(AdapterError) -> [PartitionedTable]

  /// A bound of the table's key as the catalog writes it. Throws `data` for a value that is none.
  func canonicalBound(_ text: String, of table: PartitionedTable) throws(AdapterError) -> String

  /// What adds partitions at the bounds given; throws `conflict` when rows of theirs lie in the
  /// partition for all other values, unless `movesRows`.
  func addition(
    of partitions: [NewPartition], to table: PartitionedTable, movesRows: Bool
  ) throws(AdapterError) -> PartitionChange

  /// What takes partitions away. Throws `unavailable` for a manner that the backend does not have.
  func removal(
    of partitions: [TablePartition], from table: PartitionedTable, _ manner: PartitionRemoval
  ) throws(AdapterError) -> PartitionChange
}
