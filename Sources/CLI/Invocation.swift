import AdapterCore

/// A parsed command line: which command, and the values as typed. Pure data; nothing was looked up.
public struct Invocation: Sendable {
  public let spec: CommandSpec
  /// Positional arguments in order.
  public let arguments: [String]
  /// Per flag name, all values in order; a toggle has "true" or "false".
  let values: [String: [String]]

  public init(spec: CommandSpec, arguments: [String], values: [String: [String]]) {
    self.spec = spec
    self.arguments = arguments
    self.values = values
  }

  /// The value given last; nil when the flag was not given.
  public func string(_ flag: FlagSpec) -> String? { values[flag.name]?.last }

  /// All values in order.
  public func strings(_ flag: FlagSpec) -> [String] { values[flag.name] ?? [] }

  /// A toggle: nil when not given, so that a default from elsewhere can count.
  public func toggle(_ flag: FlagSpec) -> Bool? { values[flag.name]?.last.map { $0 == "true" } }

  /// A toggle that is off by default.
  public func isSet(_ flag: FlagSpec) -> Bool { toggle(flag) ?? false }

  /// A whole number within `range`; throws `usage` otherwise.
  public func int(
    _ flag: FlagSpec, in range: ClosedRange<Int> = 0...Int.max
  ) throws(AdapterError) -> Int? {
    guard let text = string(flag) else { return nil }
    guard let number = Int(text), range.contains(number) else {
      let wanted =
        range.upperBound == .max
        ? "a whole number of at least \(range.lowerBound)"
        : "a whole number from \(range.lowerBound) to \(range.upperBound)"
      throw AdapterError(.usage, "--\(flag.name) takes \(wanted), not '\(text)'")
    }
    return number
  }

  /// A duration such as `500ms`, `30s`, `5m`, `1h`; a bare number is seconds.
  public func duration(_ flag: FlagSpec) throws(AdapterError) -> Duration? {
    guard let text = string(flag) else { return nil }
    guard let duration = Duration(nbText: text) else {
      throw AdapterError(
        .usage, "--\(flag.name) takes a duration such as 500ms, 30s or 5m, not '\(text)'")
    }
    return duration
  }

  /// The positional argument at `index`; nil when fewer were given.
  public func argument(_ index: Int) -> String? {
    index < arguments.count ? arguments[index] : nil
  }
}
