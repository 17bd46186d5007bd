import JSON

/// The grammar of paths (`nb help select`).
///
///     path     = ["$" | "@"] step* [fields]      name at the beginning needs no dot
///     step     = "." name | "." "*" | "[" "]" | "[" index "]" | "[" from ":" to "]"
///              | "[" quoted "]" | "[?" condition ("&&" condition)* "]"
///     fields   = "{" field ("," field)* "}"
///     field    = [name ":"] path
///     function = ("length" | "keys") "(" path ")"
struct SelectPathParser {
  /// Records within records; deeper ones are refused.
  private static let maximumDepth = 32

  var cursor: TextCursor
  private var depth = 0

  init(_ text: String) { cursor = TextCursor(text) }

  init(_ cursor: TextCursor) { self.cursor = cursor }

  /// The whole text as one path.
  mutating func parseAll() throws(SyntaxFault) -> SelectPath {
    let path = try parsePath()
    cursor.skipSpaces()
    guard cursor.isAtEnd else {
      throw cursor.fault("\(cursor.found) cannot follow here; a step is .name, [] or [0]")
    }
    return path
  }

  /// A path as far as it goes.
  mutating func parsePath() throws(SyntaxFault) -> SelectPath {
    cursor.skipSpaces()
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw cursor.fault("nested too deep") }
    if let function = try takeFunctionName() { return try parseCall(function) }
    var path = SelectPath()
    if cursor.current == UInt8(ascii: "$") || isElementMark {
      cursor.position += 1
    } else if try !parseFirstStep(into: &path) {
      throw cursor.fault("expected a path such as .name, [] or [0], found \(cursor.found)")
    }
    while case .nothing = path.ending, try parseStep(into: &path) {}
    if case .fields = path.ending,
      cursor.current == UInt8(ascii: ".")
        || cursor.current == UInt8(ascii: "[")
    {
      throw cursor.fault("nothing can follow the fields within { }")
    }
    return path
  }

  /// JSONPath's `@` for the element; other names may begin with one.
  private var isElementMark: Bool {
    cursor.current == UInt8(ascii: "@") && !Self.isNameByte(cursor.byte(1))
  }

  // MARK: Functions

  private mutating func takeFunctionName() throws(SyntaxFault) -> SelectPath.Function? {
    let start = cursor.position
    guard let name = takeBareName(), cursor.current == UInt8(ascii: "(") else {
      cursor.position = start
      return nil
    }
    guard let function = SelectPath.Function(rawValue: name) else {
      throw cursor.fault("there is no function \(name); length and keys are there", at: start)
    }
    cursor.position += 1
    return function
  }

  private mutating func parseCall(
    _ function: SelectPath.Function
  ) throws(SyntaxFault) -> SelectPath {
    let start = cursor.position
    var path = try parsePath()
    guard case .nothing = path.ending else {
      throw cursor.fault("\(function.rawValue)() takes a path of names and brackets", at: start)
    }
    path.ending = .function(function)
    cursor.skipSpaces()
    guard cursor.take(")") else {
      throw cursor.fault("expected ) behind the path of \(function.rawValue)()")
    }
    return path
  }

  // MARK: Steps

  /// A first step may be a name without a dot, and a dot alone is the document.
  private mutating func parseFirstStep(into path: inout SelectPath) throws(SyntaxFault) -> Bool {
    if let name = takeBareName() {
      path.steps.append(.key(name))
      return true
    }
    if cursor.current == UInt8(ascii: "\"") || cursor.current == UInt8(ascii: "'") {
      path.steps.append(.key(try cursor.takeQuoted()))
      return true
    }
    if cursor.current == UInt8(ascii: "."), !startsStep(cursor.byte(1)) {
      cursor.position += 1
      return true
    }
    return try parseStep(into: &path)
  }

  private func startsStep(_ byte: UInt8) -> Bool {
    Self.isNameByte(byte) || ".*[{\"'".utf8.contains(byte)
  }

  /// Adds one step; false when none begins here.
  private mutating func parseStep(into path: inout SelectPath) throws(SyntaxFault) -> Bool {
    switch cursor.current {
    case UInt8(ascii: "."):
      cursor.position += 1
      try parseBehindDot(into: &path)
    case UInt8(ascii: "["): path.steps.append(try parseBrackets())
    case UInt8(ascii: "{"): path.ending = .fields(try parseFields())
    default: return false
    }
    return true
  }

  private mutating func parseBehindDot(into path: inout SelectPath) throws(SyntaxFault) {
    if let name = takeBareName() {
      path.steps.append(.key(name))
      return
    }
    switch cursor.current {
    case UInt8(ascii: "*"):
      cursor.position += 1
      path.steps.append(.members)
    case UInt8(ascii: "\""), UInt8(ascii: "'"):
      path.steps.append(.key(try cursor.takeQuoted()))
    case UInt8(ascii: "["): path.steps.append(try parseBrackets())
    case UInt8(ascii: "{"): path.ending = .fields(try parseFields())
    default:
      throw cursor.fault("expected a name behind the dot; an odd one in quotes: [\"odd key\"]")
    }
  }

  private mutating func parseBrackets() throws(SyntaxFault) -> SelectPath.Step {
    let opening = cursor.position
    cursor.position += 1
    cursor.skipSpaces()
    let step: SelectPath.Step
    switch cursor.current {
    case UInt8(ascii: "]"): step = .each
    case UInt8(ascii: "*"):
      cursor.position += 1
      step = .each
    case UInt8(ascii: "?"):
      cursor.position += 1
      step = .filter(try parseConditions())
    case UInt8(ascii: "\""), UInt8(ascii: "'"): step = .key(try cursor.takeQuoted())
    default:
      if cursor.isAtEnd { throw cursor.fault("the bracket is not closed", at: opening) }
      step = try parseIndex()
    }
    cursor.skipSpaces()
    guard cursor.take("]") else {
      throw cursor.isAtEnd
        ? cursor.fault("the bracket is not closed", at: opening)
        : cursor.fault("expected ] but found \(cursor.found)")
    }
    return step
  }

  /// `0`, `-1`, `1:3`, `:3`, `1:`.
  private mutating func parseIndex() throws(SyntaxFault) -> SelectPath.Step {
    let from = try takeInteger()
    cursor.skipSpaces()
    guard cursor.take(":") else {
      if let from { return .index(from) }
      throw cursor.fault(
        Self.isNameByte(cursor.current)
          ? "a key within brackets needs quotes: [\"name\"]"
          : "expected nothing, an index, a slice such as 1:3, a quoted key or ?condition")
    }
    cursor.skipSpaces()
    return .slice(from: from, to: try takeInteger())
  }

  private mutating func takeInteger() throws(SyntaxFault) -> Int? {
    let start = cursor.position
    if cursor.current == UInt8(ascii: "-") { cursor.position += 1 }
    while (0x30...0x39).contains(cursor.current) { cursor.position += 1 }
    guard cursor.position > start else { return nil }
    guard let number = Int(cursor.text(from: start)), abs(number) <= Int(Int32.max) else {
      throw cursor.fault("this is no index", at: start)
    }
    return number
  }

  private mutating func parseConditions() throws(SyntaxFault) -> [SelectCondition] {
    var conditions: [SelectCondition] = []
    repeat {
      cursor.skipSpaces()
      let isNegated = cursor.take("!")
      let path = try parsePath()
      var parser = ComparisonParser(cursor, isBracketed: true)
      let comparison = try parser.parse()
      cursor = parser.cursor
      guard comparison == nil || !isNegated else {
        throw cursor.fault("! goes with a path alone; write != or !~ to compare")
      }
      conditions.append(
        SelectCondition(path: path, isNegated: isNegated, comparison: comparison))
      cursor.skipSpaces()
    } while cursor.take("&&")
    return conditions
  }

  // MARK: Fields

  private mutating func parseFields() throws(SyntaxFault) -> [SelectPath.Field] {
    let opening = cursor.position
    cursor.position += 1
    var fields: [SelectPath.Field] = []
    repeat {
      cursor.skipSpaces()
      let start = cursor.position
      let field = try parseField()
      guard !fields.contains(where: { $0.name == field.name }) else {
        throw cursor.fault("a field is called \(field.name) already; NAME: names it", at: start)
      }
      fields.append(field)
      cursor.skipSpaces()
    } while cursor.take(",")
    guard cursor.take("}") else {
      throw cursor.isAtEnd
        ? cursor.fault("the brace is not closed", at: opening)
        : cursor.fault("expected , or } but found \(cursor.found)")
    }
    return fields
  }

  /// `name: path`, or a path that gives the field its name.
  private mutating func parseField() throws(SyntaxFault) -> SelectPath.Field {
    let start = cursor.position
    if let name = try takeFieldName() { return SelectPath.Field(name: name, path: try parsePath()) }
    cursor.position = start
    let path = try parsePath()
    if path.steps.count == 1, case .key(let name) = path.steps[0], case .nothing = path.ending {
      return SelectPath.Field(name: name, path: path)
    }
    var name = cursor.text(from: start)[...]
    while let first = name.first, first == "$" || first == "." { name = name.dropFirst() }
    while name.last == " " { name = name.dropLast() }
    return SelectPath.Field(name: String(name), path: path)
  }

  /// The name in front of a colon; nil when there is none.
  private mutating func takeFieldName() throws(SyntaxFault) -> String? {
    let isQuoted = cursor.current == UInt8(ascii: "\"") || cursor.current == UInt8(ascii: "'")
    let name = isQuoted ? try cursor.takeQuoted() : takeBareName()
    cursor.skipSpaces()
    return cursor.take(":") ? name : nil
  }

  // MARK: Names

  private mutating func takeBareName() -> String? {
    let start = cursor.position
    while Self.isNameByte(cursor.current) { cursor.position += 1 }
    return cursor.position > start ? cursor.text(from: start) : nil
  }

  /// Letters, digits, `_`, `-`, `@`, and what is not ASCII.
  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
      UInt8(ascii: "@"), 0x80...0xFF:
      true
    default: false
    }
  }

  /// Whether a name needs no quotes.
  static func isBareName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.allSatisfy(isNameByte)
  }
}
