/// What the engine knows of its indexes beyond their definition.
public protocol IndexStatistics: AnyObject {
  /// Figures of every index that belongs to a table, in any order.
  func indexFigures() throws(AdapterError) -> [IndexFigures]
}

/// Size and use of one index.
public struct IndexFigures: Equatable, Sendable {
  public var table: TableName
  public var name: String
  /// nil: not known.
  public var sizeInBytes: Int?
  /// How often statements used it since the engine began to count; nil: not counted.
  public var scans: Int?
  /// False when its creation failed, so that it costs writes and serves no read.
  public var isValid: Bool

  public init(
    table: TableName, name: String, sizeInBytes: Int? = nil, scans: Int? = nil,
    isValid: Bool = true
  ) {
    self.table = table
    self.name = name
    self.sizeInBytes = sizeInBytes
    self.scans = scans
    self.isValid = isValid
  }
}
