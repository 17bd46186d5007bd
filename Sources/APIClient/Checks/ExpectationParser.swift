import AdapterCore
import Platform

/// The grammar of expectations (`nb help expectations`).
struct ExpectationParser {
  private let text: String
  private var cursor: TextCursor

  init(_ text: String) {
    self.text = text
    cursor = TextCursor(text)
  }

  mutating func parse() throws(SyntaxFault) -> Expectation {
    cursor.skipSpaces()
    let isNegated = cursor.take("!")
    cursor.skipSpaces()
    let subject = try parseSubject()
    let place = cursor.position
    var parser = ComparisonParser(cursor, isBracketed: false)
    let comparison = try parser.parse()
    cursor = parser.cursor
    cursor.skipSpaces()
    guard cursor.isAtEnd else {
      throw cursor.fault("expected a comparison such as == or ~, found \(cursor.found)")
    }
    if comparison != nil, isNegated {
      throw cursor.fault("! goes with a subject alone; write != or !~ to compare", at: place)
    }
    let test = try makeTest(subject, comparison, isNegated, at: place)
    return Expectation(text: HTTPHeaders.trimmed(text), subject: subject, test: test)
  }

  // MARK: Subjects

  private mutating func parseSubject() throws(SyntaxFault) -> Expectation.Subject {
    let start = cursor.position
    if "$.[\"".utf8.contains(cursor.current) { return .path(try parsePath()) }
    while isNameByte(cursor.current) { cursor.position += 1 }
    let name = cursor.text(from: start)
    if cursor.current == UInt8(ascii: "(") {
      cursor.position = start
      return .path(try parsePath())
    }
    switch name.lowercased() {
    case "status": return .status
    case "time": return .time
    case "size": return .size
    case "body": return .body
    case "header": return try parseHeader()
    default:
      let guess = closestMatch(to: name, in: ["status", "time", "size", "body", "header"])
      throw cursor.fault(
        guess.map { "there is no '\(name)'; did you mean '\($0)'?" }
          ?? "expected status, time, size, body, header.NAME or $.PATH, found \(cursor.found)",
        at: start)
    }
  }

  private mutating func parsePath() throws(SyntaxFault) -> SelectPath {
    var parser = SelectPathParser(cursor)
    let path = try parser.parsePath()
    cursor = parser.cursor
    if case .fields = path.ending {
      throw cursor.fault("an expectation is about values, not fields")
    }
    return path
  }

  private mutating func parseHeader() throws(SyntaxFault) -> Expectation.Subject {
    guard cursor.take(".") else { throw cursor.fault("expected header.NAME") }
    let start = cursor.position
    while isNameByte(cursor.current) || cursor.current == UInt8(ascii: ".") {
      cursor.position += 1
    }
    guard cursor.position > start else { throw cursor.fault("expected header.NAME") }
    return .header(cursor.text(from: start))
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  // MARK: Tests

  private func makeTest(
    _ subject: Expectation.Subject, _ comparison: Comparison?, _ isNegated: Bool, at place: Int
  ) throws(SyntaxFault) -> Expectation.Test {
    guard let comparison else {
      switch subject {
      case .status, .time, .size:
        throw cursor.fault("expected a comparison: status==200, time<500ms, size<1M")
      default: return isNegated ? .isMissing : .exists
      }
    }
    switch subject {
    case .status: return try statusTest(comparison, at: place)
    case .time:
      return .measures(try ordering(comparison, at: place), try milliseconds(comparison, place))
    case .size: return .measures(try ordering(comparison, at: place), try bytes(comparison, place))
    default: return .compares(comparison)
    }
  }

  private func statusTest(
    _ comparison: Comparison, at place: Int
  ) throws(SyntaxFault) -> Expectation.Test {
    let text = comparison.operand.text
    switch comparison.operation {
    case .equal, .notEqual, .isIn:
      let inner = text.drop { $0 == "[" || $0 == "(" }.prefix { $0 != "]" && $0 != ")" }
      let patterns = inner.split(separator: ",").map { HTTPHeaders.trimmed($0) }
      guard !patterns.isEmpty, patterns.allSatisfy(StatusPattern.isValid) else {
        throw cursor.fault("'\(text)' is no status; write 200, 2xx or 200,204", at: place)
      }
      let isNegated = if case .notEqual = comparison.operation { true } else { false }
      return .hasStatus(patterns, isNegated: isNegated)
    default:
      guard let number = Int(text), (0...999).contains(number) else {
        throw cursor.fault("'\(text)' is no status", at: place)
      }
      return .measures(try ordering(comparison, at: place), Double(number))
    }
  }

  private func ordering(
    _ comparison: Comparison, at place: Int
  ) throws(SyntaxFault) -> Comparison.Operation {
    switch comparison.operation {
    case .matches, .matchesNot, .contains, .isIn:
      throw cursor.fault("numbers are compared by == != < <= > >=", at: place)
    default: return comparison.operation
    }
  }

  private func milliseconds(_ comparison: Comparison, _ place: Int) throws(SyntaxFault) -> Double {
    let text = comparison.operand.text
    guard Double(text) == nil else {
      throw cursor.fault("a time needs its unit: \(text)ms or \(text)s", at: place)
    }
    guard let duration = Duration(nbText: text) else {
      throw cursor.fault("'\(text)' is no time; write 500ms, 2s or 1m", at: place)
    }
    return Double(duration.inNanoseconds) / 1e6
  }

  private func bytes(_ comparison: Comparison, _ place: Int) throws(SyntaxFault) -> Double {
    guard let size = ByteSize.parse(comparison.operand.text) else {
      throw cursor.fault(
        "'\(comparison.operand.text)' is no size; write 512, 10k or 5M", at: place)
    }
    return Double(size)
  }
}
