import AdapterCore
import CMariaDB
import JSON

/// Reads rows of the binary protocol as they lie in libmariadb's packet, and pushes their cells.
///
/// The packet stays as it is until the next row is fetched, so text and bytes are borrowed from it;
/// what has to be written anew lies in memory of the row's own until then.
/// https://mariadb.com/kb/en/resultset-row/#binary-resultset-row
final class MySQLRow {
  private let handle: UnsafeMutablePointer<MYSQL>
  private let sink: any RowSink
  private let types: [MySQLType]
  /// Per column, digits of a fraction of seconds.
  private let fractions: [Int]
  /// Per column, whether its date has a time of day.
  private let hasTime: [Bool]
  /// A place per column for dates and times, none of which is longer.
  private let scratch: UnsafeMutablePointer<UInt8>
  private static let scratchLength = 32
  /// Texts of this row that are longer than a place.
  private var texts: [UnsafeMutableBufferPointer<UInt8>] = []
  /// A cell reached beyond the packet.
  private(set) var isMalformed = false

  init(
    _ fields: UnsafeBufferPointer<MYSQL_FIELD>, of connection: MySQLConnection,
    to sink: any RowSink
  ) {
    handle = connection.handle
    self.sink = sink
    types = fields.map(MySQLType.init)
    fractions = fields.map { (0...6).contains($0.decimals) ? Int($0.decimals) : 0 }
    hasTime = fields.map { $0.type != MYSQL_TYPE_DATE && $0.type != MYSQL_TYPE_NEWDATE }
    scratch = .allocate(capacity: max(1, fields.count) * Self.scratchLength)
  }

  deinit {
    releaseTexts()
    scratch.deallocate()
  }

  /// Frees what the last row needed; called before the next one.
  func releaseTexts() {
    guard !texts.isEmpty else { return }
    for text in texts { text.deallocate() }
    texts.removeAll(keepingCapacity: true)
  }

  /// Takes one cell, and moves `place` behind it; nil for NULL.
  func take(_ column: Int, _ place: UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) {
    guard let place, let start = place.pointee, column < types.count, !isMalformed else {
      return sink.null()
    }
    // libmariadb does not say where the packet ends; where its buffer does is enough for safety.
    var reader = Reader(start, end: handle.pointee.net.buff_end)
    push(column, &reader)
    if reader.isBeyondEnd { isMalformed = true }
    place.pointee = UnsafeMutablePointer(mutating: reader.position)
  }

  private func push(_ column: Int, _ reader: inout Reader) {
    switch types[column] {
    case .tiny: sink.int(Int64(Int8(truncatingIfNeeded: reader.integer(1))))
    case .unsignedTiny: sink.int(Int64(reader.integer(1)))
    case .short: sink.int(Int64(Int16(truncatingIfNeeded: reader.integer(2))))
    case .unsignedShort, .year: sink.int(Int64(reader.integer(2)))
    case .long: sink.int(Int64(Int32(truncatingIfNeeded: reader.integer(4))))
    case .unsignedLong: sink.int(Int64(reader.integer(4)))
    case .longLong: sink.int(Int64(bitPattern: reader.integer(8)))
    case .unsignedLongLong: pushUnsigned(reader.integer(8), column)
    case .float: pushFloat(Float(bitPattern: UInt32(reader.integer(4))))
    case .double: sink.double(Double(bitPattern: reader.integer(8)))
    case .decimal: sink.decimal(reader.bytes())
    case .text: sink.text(reader.bytes())
    case .bytes: sink.bytes(reader.bytes())
    case .json:
      let document = reader.bytes()
      if JSONParser.isValid(document) { sink.json(document) } else { sink.text(document) }
    case .date: pushDate(reader.bytes(), column)
    case .time: pushTime(reader.bytes(), column)
    case .bit:
      pushUnsigned(reader.bytes().reduce(0) { $0 << 8 | UInt64($1) }, column)
    case .geometry: pushGeometry(reader.bytes())
    }
  }

  private func pushUnsigned(_ number: UInt64, _ column: Int) {
    if let signed = Int64(exactly: number) { return sink.int(signed) }
    var text = ScratchText(scratch + column * Self.scratchLength)
    text.append(number)
    sink.decimal(text.bytes)
  }

  /// The number with the float's own shortest digits: 0.1, not 0.10000000149011612.
  private func pushFloat(_ number: Float) {
    let shortest = Double(number.description) ?? .infinity
    // The largest one's digits are rounded up, beyond what its type holds.
    let isInRange = shortest.magnitude <= Double(Float.greatestFiniteMagnitude)
    sink.double(isInRange ? shortest : Double(number))
  }

  // MARK: Dates and times

  /// `2024-02-29`, with the time of day where the type has one; `0000-00-00` too.
  private func pushDate(_ value: BorrowedBytes, _ column: Int) {
    var reader = Reader(value)
    var text = ScratchText(scratch + column * Self.scratchLength)
    let count = value.count
    text.append(count >= 4 ? reader.integer(2) : 0, digits: 4)
    text.append(UInt8(ascii: "-"))
    text.append(count >= 4 ? reader.integer(1) : 0, digits: 2)
    text.append(UInt8(ascii: "-"))
    text.append(count >= 4 ? reader.integer(1) : 0, digits: 2)
    if hasTime[column] {
      text.append(UInt8(ascii: " "))
      for part in 0..<3 {
        if part > 0 { text.append(UInt8(ascii: ":")) }
        text.append(count >= 7 ? reader.integer(1) : 0, digits: 2)
      }
      text.append(microseconds: count >= 11 ? reader.integer(4) : 0, digits: fractions[column])
    }
    sink.text(text.bytes)
  }

  /// `-838:59:59`: days are part of the hours.
  private func pushTime(_ value: BorrowedBytes, _ column: Int) {
    var reader = Reader(value)
    var text = ScratchText(scratch + column * Self.scratchLength)
    let isPresent = value.count >= 8
    if isPresent, reader.integer(1) != 0 { text.append(UInt8(ascii: "-")) }
    let days = isPresent ? reader.integer(4) : 0
    let hours = isPresent ? reader.integer(1) : 0
    text.append(days &* 24 &+ hours, digits: 2)
    for _ in 0..<2 {
      text.append(UInt8(ascii: ":"))
      text.append(isPresent ? reader.integer(1) : 0, digits: 2)
    }
    text.append(microseconds: value.count >= 12 ? reader.integer(4) : 0, digits: fractions[column])
    sink.text(text.bytes)
  }

  private func pushGeometry(_ value: BorrowedBytes) {
    guard let geometry = MySQLGeometry.text(value) else { return sink.bytes(value) }
    let text = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: geometry.count)
    _ = text.initialize(from: geometry)
    texts.append(text)
    sink.text(BorrowedBytes(text))
  }
}

/// Reads little-endian integers and length-encoded bytes, never beyond the end.
private struct Reader {
  private let base: UnsafePointer<UInt8>?
  private let count: Int
  private var offset = 0
  private(set) var isBeyondEnd = false

  init(_ start: UnsafeMutablePointer<UInt8>, end: UnsafeMutablePointer<UInt8>?) {
    base = UnsafePointer(start)
    count = end.map { $0 - start } ?? 0
  }

  init(_ bytes: BorrowedBytes) {
    base = bytes.baseAddress
    count = bytes.count
  }

  var position: UnsafePointer<UInt8>? { base.map { $0 + offset } }

  @inline(__always)
  mutating func integer(_ length: Int) -> UInt64 {
    guard count &- offset >= length, let base else {
      isBeyondEnd = true
      return 0
    }
    var number: UInt64 = 0
    for index in 0..<length { number |= UInt64(base[offset &+ index]) &<< UInt64(8 &* index) }
    offset &+= length
    return number
  }

  /// https://mariadb.com/kb/en/protocol-data-types/#length-encoded-strings
  @inline(__always)
  mutating func bytes() -> BorrowedBytes {
    let first = integer(1)
    let length: UInt64 =
      switch first {
      case 252: integer(2)
      case 253: integer(3)
      case 254: integer(8)
      default: first
      }
    guard !isBeyondEnd, let base, length <= UInt64(count &- offset) else {
      isBeyondEnd = true
      return BorrowedBytes(start: nil, count: 0)
    }
    let bytes = BorrowedBytes(start: base + offset, count: Int(length))
    offset &+= Int(length)
    return bytes
  }
}

/// Writes digits into a place of fixed size.
private struct ScratchText {
  private let start: UnsafeMutablePointer<UInt8>
  private var count = 0

  init(_ start: UnsafeMutablePointer<UInt8>) { self.start = start }

  var bytes: BorrowedBytes { BorrowedBytes(start: start, count: count) }

  mutating func append(_ byte: UInt8) {
    start[count] = byte
    count += 1
  }

  /// At least `digits` digits.
  mutating func append(_ number: UInt64, digits: Int = 1) {
    var length = 1
    var rest = number / 10
    while rest > 0 {
      length += 1
      rest /= 10
    }
    length = max(length, digits)
    rest = number
    for index in stride(from: count + length - 1, through: count, by: -1) {
      start[index] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
    }
    count += length
  }

  /// A point and the first `digits` digits of a second's fraction; nothing for none.
  mutating func append(microseconds: UInt64, digits: Int) {
    guard digits > 0 else { return }
    append(UInt8(ascii: "."))
    var number = microseconds
    for _ in digits..<6 { number /= 10 }
    append(number, digits: digits)
  }
}
