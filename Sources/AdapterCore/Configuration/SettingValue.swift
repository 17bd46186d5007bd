extension Target.Setting {
  // Its value as a type; each throws `error(_:hint:)` for one that is none.

  /// A bare number is seconds.
  public func duration() throws(AdapterError) -> Duration {
    guard let duration = Duration(nbText: value) else {
      throw error("\(key) takes a duration such as 500ms, 30s or 5m, not '\(value)'")
    }
    return duration
  }

  public func integer(_ range: ClosedRange<Int>) throws(AdapterError) -> Int {
    guard let number = Int(value), range.contains(number) else {
      throw error(
        "\(key) takes a number from \(range.lowerBound) to \(range.upperBound), not '\(value)'")
    }
    return number
  }

  public func boolean() throws(AdapterError) -> Bool {
    switch value {
    case "true": return true
    case "false": return false
    default: throw error("\(key) takes true or false, not '\(value)'")
    }
  }
}
