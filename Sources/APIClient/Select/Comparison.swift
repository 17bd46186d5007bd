import AdapterCore
import JSON
import Platform

/// What a value is compared with, and how.
public struct Comparison: Sendable {
  public enum Operation: Sendable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual
    /// `~`, `!~`: an extended regular expression matches a part of the text.
    case matches(POSIXRegex)
    case matchesNot(POSIXRegex)
    /// `contains`: a text has this part, an array this element, an object this name;
    /// a number or a boolean is it.
    case contains
    /// `in`: it is one of these.
    case isIn
  }

  /// What stands on the right.
  public struct Operand: Sendable {
    /// As a text: without quotes.
    public var text: String
    /// As JSON; nil for a word that is none.
    public var json: JSONValue?

    /// The elements of `[1,2]`, or of `1,2`.
    var elements: [Operand] {
      if let array = json?.array { return array.map(Operand.init) }
      return text.split(separator: ",").map { Operand(word: HTTPHeaders.trimmed($0)) }
    }

    /// A word as typed: JSON where it is a literal, and a text in any case.
    public init(word: String) {
      text = word
      json = try? JSONParser.parse(word)
      if let string = json?.string { text = string }
    }

    /// A text that was in quotes.
    init(quoted text: String) {
      self.text = text
      json = .string(text)
    }

    init(_ value: JSONValue) {
      json = value
      text = value.string ?? value.text()
    }
  }

  public var operation: Operation
  public var operand: Operand

  /// Whether a value of a document, nil for none, is as wanted.
  public func holds(for value: BorrowedBytes?) -> Bool {
    switch operation {
    case .equal: return Self.isEqual(value, operand)
    case .notEqual: return !Self.isEqual(value, operand)
    case .less: return order(of: value).map { $0 < 0 } ?? false
    case .lessOrEqual: return order(of: value).map { $0 <= 0 } ?? false
    case .greater: return order(of: value).map { $0 > 0 } ?? false
    case .greaterOrEqual: return order(of: value).map { $0 >= 0 } ?? false
    case .matches(let regex): return Self.matches(regex, value)
    case .matchesNot(let regex): return !Self.matches(regex, value)
    case .contains: return contains(value)
    case .isIn: return operand.elements.contains { Self.isEqual(value, $0) }
    }
  }

  /// Whether a text that is no JSON is as wanted: a header field, the content.
  public func holds(forText text: BorrowedBytes) -> Bool {
    switch operation {
    case .matches(let regex): return regex.matches(text)
    case .matchesNot(let regex): return !regex.matches(text)
    case .contains: return Self.contains(text, part: operand.text)
    default:
      let string = OutputBuffer.inMemory()
      // As a JSON string it compares as one.
      string.appendJSONString(text)
      return holds(for: string.collected)
    }
  }

  // MARK: Kinds of values

  private static func isEqual(_ value: BorrowedBytes?, _ operand: Operand) -> Bool {
    guard let value, let first = value.first, first != UInt8(ascii: "n") else {
      return operand.json?.isNull ?? false
    }
    switch first {
    case UInt8(ascii: "\""): return JSONText.isEqual(value, to: operand.text)
    case UInt8(ascii: "t"): return operand.json?.bool == true
    case UInt8(ascii: "f"): return operand.json?.bool == false
    case UInt8(ascii: "["), UInt8(ascii: "{"):
      guard let json = operand.json, let parsed = try? JSONParser.parse(value) else { return false }
      return parsed == json
    default: return compareNumbers(value, operand) == 0
    }
  }

  /// nil where the two cannot be ordered: they are no numbers, and no texts.
  private func order(of value: BorrowedBytes?) -> Int? {
    guard let value, let first = value.first else { return nil }
    switch first {
    case UInt8(ascii: "\""): return JSONText.compare(value, with: operand.text)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return Self.compareNumbers(value, operand)
    default: return nil
    }
  }

  private static func compareNumbers(_ value: BorrowedBytes, _ operand: Operand) -> Int? {
    guard var text = operand.json?.number?.text else { return nil }
    return text.withUTF8 { NumberOrder.compare(value, $0) }
  }

  private static func matches(_ regex: POSIXRegex, _ value: BorrowedBytes?) -> Bool {
    guard let value, let first = value.first, first != UInt8(ascii: "n") else { return false }
    guard first == UInt8(ascii: "\"") else { return regex.matches(value) }
    return JSONText.withContent(of: value) { regex.matches($0) }
  }

  private func contains(_ value: BorrowedBytes?) -> Bool {
    guard let value, let first = value.first else { return false }
    switch first {
    case UInt8(ascii: "\""):
      return JSONText.withContent(of: value) { Self.contains($0, part: operand.text) }
    case UInt8(ascii: "["): return JSONElements.contains(value) { Self.isEqual($0, operand) }
    case UInt8(ascii: "{"): return JSONElements.hasMember(value, named: operand.text)
    default: return Self.isEqual(value, operand)
    }
  }

  private static func contains(_ text: BorrowedBytes, part: String) -> Bool {
    let part = Array(part.utf8)
    guard let first = part.first else { return true }
    guard text.count >= part.count else { return false }
    for start in 0...text.count - part.count where text[start] == first {
      if UnsafeBufferPointer(rebasing: text[start..<start + part.count]).elementsEqual(part) {
        return true
      }
    }
    return false
  }
}
