import AdapterCore
import JSON
import Platform

/// Follows paths through documents that are known to be valid; what it finds is borrowed from them.
public final class SelectEvaluator {
  /// Where in the arrays that were gone through, for messages.
  private var indices: [Int] = []
  /// The first place that was looked for and is not there.
  public internal(set) var missingPlace: String?

  public init() {}

  /// Lends each value that a path leads to; nil for one that is null or not there.
  ///
  /// Throws `data` where the path needs an object or an array and meets something else.
  func forEach(
    _ path: SelectPath, from index: Int = 0, in value: BorrowedBytes?,
    _ body: (BorrowedBytes?) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    guard index < path.steps.count else { return try body(Self.nilIfNull(value)) }
    guard let value = Self.nilIfNull(value) else {
      // Nothing has no elements, and a member of nothing is nothing.
      if !path.steps[index...].contains(where: \.isMultiple) { try body(nil) }
      return
    }
    switch path.steps[index] {
    case .key(let name):
      guard value.first == UInt8(ascii: "{") else { throw wrongKind(path, index, value) }
      let member = try JSONElements.member(name, of: value)
      if member == nil { noteMissing(path, index) }
      try forEach(path, from: index + 1, in: member, body)
    case .index(let position):
      guard value.first == UInt8(ascii: "[") else { throw wrongKind(path, index, value) }
      let element = try element(position, of: value)
      if element == nil { noteMissing(path, index) }
      try forEach(path, from: index + 1, in: element, body)
    default: try forEachOfMany(path, index, value, body)
    }
  }

  private func forEachOfMany(
    _ path: SelectPath, _ index: Int, _ value: BorrowedBytes,
    _ body: (BorrowedBytes?) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let step = path.steps[index]
    let isObject = value.first == UInt8(ascii: "{")
    if case .members = step {
      guard isObject else { throw wrongKind(path, index, value) }
      var position = 0
      try JSONElements.forEachMember(in: value) { _, member throws(AdapterError) in
        try forEach(path, behind: index, position, member, body)
        position += 1
        return true
      }
      return
    }
    guard value.first == UInt8(ascii: "[") else { throw wrongKind(path, index, value) }
    let range = try range(of: step, in: value)
    var position = 0
    try JSONElements.forEach(in: value) { element throws(AdapterError) in
      if range.contains(position), try takes(element, step) {
        try forEach(path, behind: index, position, element, body)
      }
      position += 1
      return position < range.upperBound
    }
  }

  /// Goes on behind a step, in the element that it has come to.
  func forEach(
    _ path: SelectPath, behind index: Int, _ position: Int, _ value: BorrowedBytes,
    _ body: (BorrowedBytes?) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    indices.append(position)
    try forEach(path, from: index + 1, in: value, body)
    indices.removeLast()
  }

  /// Forgets where it was, after an error.
  func reset() { indices.removeAll(keepingCapacity: true) }

  // MARK: Elements

  private func element(_ index: Int, of array: BorrowedBytes) throws(AdapterError) -> BorrowedBytes?
  {
    let wanted = index < 0 ? try JSONElements.count(array) + index : index
    var position = 0
    var found: BorrowedBytes?
    if wanted < 0 { return nil }
    try JSONElements.forEach(in: array) { element throws(AdapterError) in
      if position == wanted { found = element }
      position += 1
      return found == nil
    }
    return found
  }

  private func range(
    of step: SelectPath.Step, in array: BorrowedBytes
  ) throws(AdapterError) -> Range<Int> {
    guard case .slice(let from, let to) = step else { return 0..<Int.max }
    let needsCount = (from ?? 0) < 0 || (to ?? 0) < 0
    let count = needsCount ? try JSONElements.count(array) : Int.max
    func position(_ index: Int) -> Int { index < 0 ? max(0, count + index) : index }
    let start = position(from ?? 0)
    return start..<max(start, to.map(position) ?? Int.max)
  }

  /// Whether a step leads to this element of those in its range.
  func takes(_ element: BorrowedBytes, _ step: SelectPath.Step) throws(AdapterError) -> Bool {
    guard case .filter(let conditions) = step else { return true }
    for condition in conditions where !Self.holds(condition, in: element) { return false }
    return true
  }

  /// Whether a condition is met; a value of another kind than its path needs does not meet it.
  static func holds(_ condition: SelectCondition, in value: BorrowedBytes) -> Bool {
    let outcome = try? SelectOutcome(condition, in: value)
    return outcome?.isMet ?? condition.isNegated
  }

  private static func nilIfNull(_ value: BorrowedBytes?) -> BorrowedBytes? {
    value?.first == UInt8(ascii: "n") ? nil : value
  }

  // MARK: Messages

  private func noteMissing(_ path: SelectPath, _ index: Int) {
    if missingPlace == nil { missingPlace = path.location(behind: index + 1, indices: indices) }
  }

  func wrongKind(_ path: SelectPath, _ index: Int, _ value: BorrowedBytes) -> AdapterError {
    Self.wrongKind(path, index, value, indices: indices)
  }

  /// The error of a step that meets a value of another kind than it needs.
  static func wrongKind(
    _ path: SelectPath, _ index: Int, _ value: BorrowedBytes, indices: [Int]
  ) -> AdapterError {
    let place = path.location(behind: index, indices: indices)
    let kind = kindName(value)
    let isArray = value.first == UInt8(ascii: "[")
    switch path.steps[index] {
    case .key(let name):
      return AdapterError(
        .data, "\(place) is \(kind), which has no member '\(name)'",
        hint: isArray ? "[] takes each element of an array: \(place)[].\(name)" : nil)
    case .members:
      return AdapterError(
        .data, "\(place) is \(kind), which has no members",
        hint: isArray ? "[] takes each element of an array: \(place)[]" : nil)
    default:
      return AdapterError(
        .data, "\(place) is \(kind), which has no elements",
        hint: value.first == UInt8(ascii: "{") ? ".* takes each member of an object" : nil)
    }
  }

  static func kindName(_ value: BorrowedBytes) -> String {
    switch value.first {
    case UInt8(ascii: "{"): "an object"
    case UInt8(ascii: "["): "an array"
    case UInt8(ascii: "\""): "a text"
    case UInt8(ascii: "t"), UInt8(ascii: "f"): "a boolean"
    case UInt8(ascii: "n"), nil: "null"
    default: "a number"
    }
  }
}
