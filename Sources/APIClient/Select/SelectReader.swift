import AdapterCore
import JSON
import Platform

/// Takes what a path leads to out of JSON documents that arrive in pieces, one behind the other.
///
/// Up to the first step that leads to any number of values the documents are read token by token, and
/// what is not on the way is checked and forgotten; from there on one element at a time is held. So
/// `.items[]` takes as much memory as the largest item, whatever the document's size.
public final class SelectReader {
  /// Takes the values; borrowed for the call.
  public protocol Receiver: AnyObject {
    /// nil for null, and for what is not there.
    func take(_ value: BorrowedBytes?) throws(AdapterError)
  }

  /// A value that must be held is refused beyond this.
  public static let defaultLimit = 64 << 20

  /// An array or object that was entered.
  private struct Frame {
    var isObject: Bool
    /// Whether it is on the path's way, where `index` and `matches` count.
    var isOnWay: Bool
    /// Elements or members before the present one.
    var index = 0
    /// Whether the present member has the name of the path's step.
    var matches = false
    /// Whether the step found what it looks for.
    var isFound = false
  }

  /// What may come next.
  private enum Place {
    case document, value, firstElement, firstKey, key, colon, separator
  }

  private let path: SelectPath
  /// How many steps are followed token by token; the last of them may lead to many values.
  private let wayLength: Int
  /// Whether all that the path leads to is needed at once.
  private let isFunction: Bool
  private let receiver: any Receiver
  private let limit: Int
  private let evaluator = SelectEvaluator()

  private var frames: [Frame] = []
  private var place = Place.document
  private var frame = JSONFrame()
  /// What has arrived and is not yet read.
  private let held = OutputBuffer.inMemory()
  private let scratch = OutputBuffer.inMemory()
  private var position = 0
  private var readBytes = 0
  private var hasEnded = false

  /// Documents begun.
  public private(set) var documentCount = 0
  /// Elements of the first array that the path takes all of: how much a page holds, also where
  /// a condition leaves some out. nil when there was no such array.
  public private(set) var elementCount: Int?

  public init(_ path: SelectPath, into receiver: any Receiver, limit: Int = defaultLimit) {
    self.path = path
    self.receiver = receiver
    self.limit = limit
    isFunction = if case .function = path.ending { true } else { false }
    var length = 0
    for step in path.steps {
      guard Self.canStream(step), !(isFunction && step.isMultiple) else { break }
      length += 1
      if step.isMultiple { break }
    }
    wayLength = length
  }

  /// The first place that the path names and that was not there.
  public var missingPlace: String? { evaluator.missingPlace }

  /// What counts from the end needs all of an array.
  private static func canStream(_ step: SelectPath.Step) -> Bool {
    switch step {
    case .index(let index): index >= 0
    case .slice(let from, let to): (from ?? 0) >= 0 && (to ?? 0) >= 0
    default: true
    }
  }

  // MARK: Pieces

  /// Reads a further piece. Throws `data` for what is no JSON or not what the path needs, and what the
  /// receiver throws.
  public func push(_ bytes: BorrowedBytes) throws(AdapterError) {
    held.append(bytes)
    try readAll()
    drop()
    guard held.byteCount <= limit else {
      throw AdapterError(
        .data, "a value is larger than \(limit >> 20) MiB",
        hint: "select the elements of an array, such as .items[], to have them one by one")
    }
  }

  /// Ends the input; throws `data` when a document is not complete.
  public func finish() throws(AdapterError) {
    hasEnded = true
    try readAll()
    drop()
    guard case .document = place, held.byteCount == 0 else {
      throw error("the document is not complete", at: held.byteCount)
    }
  }

  private func drop() {
    guard position > 0 else { return }
    readBytes += position
    held.removeFirst(position)
    position = 0
  }

  // MARK: Tokens

  private var unread: BorrowedBytes { UnsafeBufferPointer(rebasing: held.collected[position...]) }

  private func readAll() throws(AdapterError) {
    if readBytes == 0, position == 0, documentCount == 0 {
      guard skipByteOrderMark() else { return }
    }
    while let byte = nextByte(), try read(byte) {}
  }

  /// Whether there is enough to tell.
  private func skipByteOrderMark() -> Bool {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    guard held.collected.first == mark[0] else { return true }
    if held.byteCount < 3 { return hasEnded }
    if held.collected.starts(with: mark) { position = 3 }
    return true
  }

  /// The first byte of the next token; nil when none has arrived.
  private func nextByte() -> UInt8? {
    let bytes = held.collected
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x0A, 0x0D, 0x09: position &+= 1
      default: return bytes[position]
      }
    }
    return nil
  }

  /// Reads one token, or a value as a whole; false when not all of it has arrived.
  private func read(_ byte: UInt8) throws(AdapterError) -> Bool {
    switch place {
    case .document:
      documentCount += 1
      return try readValue(byte)
    case .value: return try readValue(byte)
    case .firstElement:
      if byte == UInt8(ascii: "]") { return try close() }
      place = .value
      return try readValue(byte)
    case .firstKey:
      if byte == UInt8(ascii: "}") { return try close() }
      return try readKey(byte)
    case .key: return try readKey(byte)
    case .colon:
      guard byte == UInt8(ascii: ":") else { throw unexpected("':'") }
      position += 1
      place = .value
      return true
    case .separator: return try readSeparator(byte)
    }
  }

  private func readSeparator(_ byte: UInt8) throws(AdapterError) -> Bool {
    let isObject = frames[frames.count - 1].isObject
    if byte == UInt8(ascii: ",") {
      position += 1
      frames[frames.count - 1].index += 1
      place = isObject ? .key : .value
      return true
    }
    guard byte == UInt8(ascii: isObject ? "}" : "]") else {
      throw unexpected(isObject ? "',' or '}'" : "',' or ']'")
    }
    return try close()
  }

  private func readKey(_ byte: UInt8) throws(AdapterError) -> Bool {
    guard byte == UInt8(ascii: "\"") else { throw unexpected("a name in quotes") }
    guard let key = try takeWhole() else { return false }
    let top = frames.count - 1
    if frames[top].isOnWay, case .key(let name)? = step(top) {
      let matches = JSONText.isEqual(key, to: name)
      guard !matches || !frames[top].isFound else {
        throw AdapterError(
          .data, "\(path.location(behind: top + 1)) is there twice in the same object")
      }
      frames[top].matches = matches
    }
    place = .colon
    return true
  }

  /// The step that a frame on the way serves; nil for one that stands for the elements of an array
  /// that the path names.
  private func step(_ frame: Int) -> SelectPath.Step? {
    frame < wayLength ? path.steps[frame] : nil
  }

  // MARK: Values

  private func readValue(_ byte: UInt8) throws(AdapterError) -> Bool {
    let isContainer = byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[")
    guard isOnWay else {
      if isContainer { return try open(byte, isOnWay: false) }
      guard try takeWhole() != nil else { return false }
      endValue()
      return true
    }
    if frames.count < wayLength { return try follow(byte) }
    if byte == UInt8(ascii: "["), frames.count == wayLength, wayLength == path.steps.count,
      path.namesOneValue
    {
      return try open(byte, isOnWay: true)
    }
    guard let value = try takeWhole() else { return false }
    try deliver(value)
    endValue()
    return true
  }

  /// Whether the value that comes is one that the path's steps lead to, or on the way to them.
  private var isOnWay: Bool {
    guard let top = frames.last else { return true }
    guard top.isOnWay else { return false }
    switch step(frames.count - 1) {
    case .key: return top.matches
    case .index(let index): return top.index == index
    case .slice(let from, let to): return top.index >= from ?? 0 && top.index < to ?? Int.max
    case .each, .members, .filter, nil: return true
    }
  }

  /// Enters the array or object that the next step needs.
  private func follow(_ byte: UInt8) throws(AdapterError) -> Bool {
    let needsObject =
      switch path.steps[frames.count] {
      case .key, .members: true
      default: false
      }
    if byte == UInt8(ascii: needsObject ? "{" : "[") { return try open(byte, isOnWay: true) }
    guard let value = try takeWhole() else { return false }
    guard value.first == UInt8(ascii: "n") else {
      throw SelectEvaluator.wrongKind(path, frames.count, value, indices: [])
    }
    if let top = frames.indices.last { frames[top].isFound = true }
    try deliverNothing(from: frames.count)
    endValue()
    return true
  }

  private func open(_ byte: UInt8, isOnWay: Bool) throws(AdapterError) -> Bool {
    guard frames.count < JSONScanner.defaultMaximumDepth else {
      throw error("nested deeper than \(JSONScanner.defaultMaximumDepth)", at: position)
    }
    let isObject = byte == UInt8(ascii: "{")
    // The step that this array or object serves has found it.
    if self.isOnWay, let top = frames.indices.last { frames[top].isFound = true }
    if isOnWay, step(frames.count)?.isMultiple ?? true { elementCount = elementCount ?? 0 }
    frames.append(Frame(isObject: isObject, isOnWay: isOnWay))
    position += 1
    place = isObject ? .firstKey : .firstElement
    return true
  }

  private func close() throws(AdapterError) -> Bool {
    position += 1
    let frame = frames.removeLast()
    if frame.isOnWay, !frame.isFound {
      switch step(frames.count) {
      case .key, .index:
        if evaluator.missingPlace == nil {
          evaluator.missingPlace = path.location(behind: frames.count + 1)
        }
        try deliverNothing(from: frames.count + 1)
      default: break
      }
    }
    endValue()
    return true
  }

  private func endValue() {
    place = frames.isEmpty ? .document : .separator
  }

  /// A value was found that is null, or none, though steps are left.
  private func deliverNothing(from index: Int) throws(AdapterError) {
    if isFunction || !path.steps[index...].contains(where: \.isMultiple) {
      try receiver.take(nil)
    }
  }

  private func countElement() { elementCount = (elementCount ?? 0) + 1 }

  private func deliver(_ value: BorrowedBytes) throws(AdapterError) {
    let top = frames.count - 1
    if top >= 0 { frames[top].isFound = true }
    evaluator.reset()
    guard top >= 0, let step = step(top), step.isMultiple else {
      if top >= wayLength { countElement() }
      return try deliverRest(of: value)
    }
    countElement()
    guard try evaluator.takes(value, step) else { return }
    try evaluator.forEach(path, behind: top, frames[top].index, value) {
      value throws(AdapterError) in try receiver.take(value)
    }
  }

  /// What the steps that are left lead to; an array that they name stands for its elements.
  private func deliverRest(of value: BorrowedBytes) throws(AdapterError) {
    if isFunction {
      scratch.removeAll()
      try ResultValues.appendJSON(path, from: wayLength, in: value, evaluator, to: scratch)
      return try receiver.take(scratch.collected)
    }
    let isWhole = wayLength == path.steps.count
    try evaluator.forEach(path, from: wayLength, in: value) { value throws(AdapterError) in
      guard !isWhole, let value, value.first == UInt8(ascii: "["), path.namesOneValue else {
        if !isWhole, path.isMultiple { countElement() }
        return try receiver.take(value)
      }
      try JSONElements.forEach(in: value) { element throws(AdapterError) in
        countElement()
        try receiver.take(element.first == UInt8(ascii: "n") ? nil : element)
        return true
      }
    }
  }

  /// The value or name that begins here, once all of it has arrived; it stays until the next piece.
  private func takeWhole() throws(AdapterError) -> BorrowedBytes? {
    // Within an array or object a number that ends with the input may have been cut.
    guard let count = frame.end(in: unread, isEnd: hasEnded && frames.isEmpty) else {
      if hasEnded { throw error("the document is not complete", at: held.byteCount) }
      return nil
    }
    frame = JSONFrame()
    let value = UnsafeBufferPointer(rebasing: unread[..<count])
    do throws(JSONError) {
      var scanner = JSONScanner(value)
      try scanner.skipValue(depth: frames.count)
      try scanner.expectEnd()
    } catch {
      throw self.error(error.message, at: position + error.offset)
    }
    position += count
    return value
  }

  // MARK: Errors

  private func unexpected(_ expected: String) -> AdapterError {
    let length = UTF8Text.sequenceLength(unread, at: 0)
    let found = String(decoding: unread.prefix(max(1, length)), as: UTF8.self)
    return error("expected \(expected) but found '\(found)'", at: position)
  }

  private func error(_ message: String, at offset: Int) -> AdapterError {
    AdapterError(
      .data, "no JSON: \(message) (byte \(readBytes + offset))",
      details: held.byteCount == 0 ? [] : TextExcerpt.lines(held.collected, marking: offset))
  }
}
