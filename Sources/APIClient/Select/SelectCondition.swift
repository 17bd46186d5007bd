/// A path's value, or what it must be.
public struct SelectCondition: Sendable {
  public var path: SelectPath
  /// The value is missing, or null.
  public var isNegated: Bool
  /// nil: the value is there.
  public var comparison: Comparison?
}
