import AdapterCore
import JSON

/// Where a field stands in a JSON document: `user[name]`, `tags[]`, `rows[0][id]`.
public struct FieldPath: Equatable, Sendable {
  enum Step: Equatable, Sendable {
    case key(String)
    case index(Int)
    /// `[]`: one more element.
    case append
  }

  let steps: [Step]
  /// As it was typed, for forms.
  public let text: String

  /// Beyond it `a[N]=` is taken for a mistake: the elements before it would be nulls.
  static let maximumIndex = 9999

  /// Throws `usage` for unbalanced brackets. `\[` and `\]` are characters of a name.
  init(_ text: String) throws(AdapterError) {
    var steps: [Step] = []
    var current = ""
    var plain = ""
    var isInBrackets = false
    var isEscaped = false
    for character in text {
      if isEscaped {
        isEscaped = false
        guard isInBrackets || steps.isEmpty else { throw Self.unbalanced(text) }
        if !"[]".contains(character) { current.append("\\") }
        current.append(character)
        plain.append(character)
        continue
      }
      switch character {
      case "\\":
        isEscaped = true
        continue
      case "[" where !isInBrackets:
        if steps.isEmpty, !current.isEmpty { steps.append(.key(current)) }
        current = ""
        isInBrackets = true
      case "]" where isInBrackets:
        steps.append(try Self.step(current))
        current = ""
        isInBrackets = false
      case "[", "]": throw Self.unbalanced(text)
      default:
        guard isInBrackets || steps.isEmpty else { throw Self.unbalanced(text) }
        current.append(character)
      }
      plain.append(character)
    }
    guard !isInBrackets else { throw Self.unbalanced(text) }
    if isEscaped { current.append("\\") }
    if steps.isEmpty { steps.append(.key(current)) }
    self.steps = steps
    self.text = plain
  }

  private static func step(_ text: String) throws(AdapterError) -> Step {
    if text.isEmpty { return .append }
    guard let index = Int(text), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return .key(text)
    }
    guard index <= maximumIndex else {
      throw AdapterError(
        .usage, "[\(text)] is beyond the \(maximumIndex + 1) elements that items may make",
        hint: "give the document by --body")
    }
    return .index(index)
  }

  private static func unbalanced(_ text: String) -> AdapterError {
    AdapterError(
      .usage, "the brackets of '\(text)' do not match",
      hint: "write a[b][c]; a bracket that is part of a name is written \\[")
  }

  /// Puts a value into a document.
  ///
  /// Throws `usage` where something of another kind stands already.
  ///
  /// - Parameter replaces: whether a value that is there makes room.
  func set(
    _ value: JSONValue, in document: inout JSONValue?, replaces: Bool = false
  ) throws(AdapterError) {
    try set(value, at: steps[...], in: &document, replaces)
  }

  private func set(
    _ value: JSONValue, at steps: ArraySlice<Step>, in place: inout JSONValue?, _ replaces: Bool
  ) throws(AdapterError) {
    guard let step = steps.first else {
      guard replaces || place == nil || place == .null else { throw conflict }
      place = value
      return
    }
    switch step {
    case .key(let key):
      var object = JSONObject()
      if let place, place != .null {
        guard let known = place.object else { throw conflict }
        object = known
      }
      var member = object[key]
      try set(value, at: steps.dropFirst(), in: &member, replaces)
      object[key] = member
      place = .object(object)
    case .index, .append:
      var elements: [JSONValue] = []
      if let place {
        guard let known = place.array else { throw conflict }
        elements = known
      }
      let index = if case .index(let index) = step { index } else { elements.count }
      while elements.count <= index { elements.append(.null) }
      var element = elements[index] == .null ? Optional.none : elements[index]
      try set(value, at: steps.dropFirst(), in: &element, replaces)
      elements[index] = element ?? .null
      place = .array(elements)
    }
  }

  private var conflict: AdapterError {
    AdapterError(
      .usage, "'\(text)' does not fit what another item has put there",
      hint: "a field is given once, and is either an object, an array or a value")
  }
}
