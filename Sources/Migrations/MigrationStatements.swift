import AdapterCore

/// The statements of a section: where they stand in its text. Each one's own text is made when it is
/// asked for, so that a file of many megabytes is in memory once.
public struct MigrationStatements: RandomAccessCollection, Equatable, Sendable {
  /// A file is far smaller than 4 GiB.
  private struct Place: Equatable, Sendable {
    var start: UInt32
    var end: UInt32
    var line: UInt32
    var column: UInt32
  }

  private let text: String
  private let file: String
  private var places: [Place] = []

  init(of text: String, file: String) {
    self.text = text
    self.file = file
  }

  mutating func append(_ range: Range<Int>, _ position: SourcePosition) {
    places.append(
      Place(
        start: UInt32(range.lowerBound), end: UInt32(range.upperBound),
        line: UInt32(position.line), column: UInt32(position.column ?? 1)))
  }

  mutating func removeFirst(_ count: Int) { places.removeFirst(count) }

  mutating func removeLast() { places.removeLast() }

  public var startIndex: Int { 0 }
  public var endIndex: Int { places.count }

  public subscript(index: Int) -> SQLText {
    let place = places[index]
    let utf8 = text.utf8
    let start = utf8.index(utf8.startIndex, offsetBy: Int(place.start))
    let end = utf8.index(start, offsetBy: Int(place.end - place.start))
    return SQLText(
      String(text[start..<end]),
      position: SourcePosition(file: file, line: Int(place.line), column: Int(place.column)))
  }
}
