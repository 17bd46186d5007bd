import AdapterCore
import JSON
import Platform

/// Finds where each record of a JSON input begins and ends, without parsing it.
struct JSONFramer {
  /// What may stand between two objects of `documents` framing.
  private enum Place {
    case outside, arrayStart, afterElement, afterComma
  }

  /// One record a line; otherwise objects in an array or one after another.
  let isLineBased: Bool
  private var place = Place.outside
  /// Whether a fault between objects was met, beyond which nothing can be read.
  private(set) var hasFailed = false

  init(isLineBased: Bool) { self.isLineBased = isLineBased }

  /// What to try where a record is malformed.
  var hint: String {
    isLineBased
      ? "each line is one JSON object; --format json reads arrays and objects over several lines"
      : "the file is one array of objects, or objects one after another"
  }

  /// Moves the input to its next record; false at the end.
  mutating func nextRecord(in input: RecordInput) throws(AdapterError) -> Bool {
    if isLineBased { return try nextLine(in: input) }
    if hasFailed { return false }
    do throws(AdapterError) {
      return try nextObject(in: input)
    } catch {
      // Beyond a fault between objects there is no telling where the next one begins.
      hasFailed = true
      throw error
    }
  }

  // MARK: Lines

  private func nextLine(in input: RecordInput) throws(AdapterError) -> Bool {
    repeat {
      input.advance()
      guard try input.has(0) else { return false }
      try frameLine(in: input)
    } while isBlank(input.content)
    return true
  }

  private func frameLine(in input: RecordInput) throws(AdapterError) {
    let lineFeed: UInt8 = 0x0A
    let finder = ByteFinder(lineFeed, lineFeed, lineFeed, lineFeed)
    var offset = 0
    while true {
      offset = finder.firstOffset(in: input.base, from: offset, to: input.available)
      if offset < input.available { break }
      if try !input.fill() { break }
    }
    input.contentLength = offset
    let hasLineFeed = offset < input.available
    input.recordLength = offset + (hasLineFeed ? 1 : 0)
    input.lineEnds = hasLineFeed ? 1 : 0
    if offset > 0, input.base[offset - 1] == 0x0D { input.contentLength -= 1 }
  }

  private func isBlank(_ line: BorrowedBytes) -> Bool {
    line.allSatisfy(isWhitespace)
  }

  // MARK: Documents

  private mutating func nextObject(in input: RecordInput) throws(AdapterError) -> Bool {
    while true {
      input.advanceWithinLine()
      try skipWhitespace(in: input)
      guard try input.has(0) else {
        if place == .outside { return false }
        throw input.error("the array is not closed", at: 0, hint: hint)
      }
      switch (input.base[0], place) {
      case (UInt8(ascii: "{"), .outside):
        try frameObject(in: input)
        return true
      case (UInt8(ascii: "{"), .arrayStart), (UInt8(ascii: "{"), .afterComma):
        try frameObject(in: input)
        place = .afterElement
        return true
      case (UInt8(ascii: "["), .outside): place = .arrayStart
      case (UInt8(ascii: ","), .afterElement): place = .afterComma
      case (UInt8(ascii: "]"), .arrayStart), (UInt8(ascii: "]"), .afterElement): place = .outside
      default: throw unexpectedByte(in: input)
      }
      input.recordLength = 1
    }
  }

  private func unexpectedByte(in input: RecordInput) -> AdapterError {
    let expected =
      switch place {
      case .outside: "an object or an array of objects"
      case .arrayStart: "an object or ']'"
      case .afterElement: "',' or ']'"
      case .afterComma: "an object"
      }
    return input.error("expected \(expected)", at: 0, hint: hint)
  }

  private func skipWhitespace(in input: RecordInput) throws(AdapterError) {
    var count = 0
    while try input.has(count), isWhitespace(input.base[count]) { count += 1 }
    input.recordLength = count
    input.advanceWithinLine()
  }

  private func isWhitespace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  /// Finds the brace that closes the one at the record's start.
  private func frameObject(in input: RecordInput) throws(AdapterError) {
    let quote = UInt8(ascii: "\"")
    let structure = ByteFinder(quote, UInt8(ascii: "{"), UInt8(ascii: "}"), quote)
    let inString = ByteFinder(quote, UInt8(ascii: "\\"), quote, quote)
    var depth = 0
    var isString = false
    var offset = 0
    repeat {
      guard try input.has(offset) else {
        throw input.error("the object is not closed", at: 0, hint: hint)
      }
      let finder = isString ? inString : structure
      offset = finder.firstOffset(in: input.base, from: offset, to: input.available)
      if offset == input.available { continue }
      switch input.base[offset] {
      case quote: isString.toggle()
      case UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "}"): depth -= 1
      default: offset += 1  // The escaped character is skipped with its backslash.
      }
      offset += 1
    } while depth > 0
    input.contentLength = offset
    input.recordLength = offset
  }
}
