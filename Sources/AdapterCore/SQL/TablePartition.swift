/// One partition.
public struct TablePartition: Equatable, Sendable {
  /// Where a partition begins or ends.
  public enum Bound: Equatable, Sendable {
    case minimum, maximum
    case value(String)
  }

  public var name: TableName
  /// nil for one that is no range; the lower bound belongs to it, the upper one does not.
  public var range: Range?
  /// As the catalog writes it: of a list, a hash, several columns.
  public var bound: String?
  /// Whether it takes what belongs to no other.
  public var isDefault: Bool
  /// An estimate of the server's; nil: not known.
  public var rows: Int64?
  public var sizeInBytes: Int64?
  /// Something out of the ordinary, such as a detachment that was not finished.
  public var remark: String?

  public struct Range: Equatable, Sendable {
    public var from: Bound
    public var to: Bound

    public init(from: Bound, to: Bound) {
      self.from = from
      self.to = to
    }
  }

  public init(
    name: TableName, range: Range? = nil, bound: String? = nil, isDefault: Bool = false,
    rows: Int64? = nil, sizeInBytes: Int64? = nil, remark: String? = nil
  ) {
    self.name = name
    self.range = range
    self.bound = bound
    self.isDefault = isDefault
    self.rows = rows
    self.sizeInBytes = sizeInBytes
    self.remark = remark
  }
}
