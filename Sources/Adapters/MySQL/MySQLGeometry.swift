import AdapterCore
import Platform

/// Well-known text of a geometry, from the form in which the server sends it: four bytes of SRID,
/// then well-known binary (OGC 06-103r4, section 8). An SRID comes before it as PostGIS writes it:
/// `SRID=4326;POINT(1 2)`.
enum MySQLGeometry {
  /// The expression that reads such text, which is written `?` in it.
  static func reading(isMariaDB: Bool) -> String {
    // MySQL would take some systems' coordinates the other way round than it stores them.
    let order = isMariaDB ? "" : ", 'axis-order=long-lat'"
    return "ST_GeomFromText(IF(? LIKE 'SRID=%;%', SUBSTRING(?, LOCATE(';', ?) + 1), ?), "
      + "IF(? LIKE 'SRID=%;%', SUBSTRING_INDEX(SUBSTRING(?, 6), ';', 1), 0)\(order))"
  }

  /// nil for what is no well-formed geometry.
  static func text(_ value: BorrowedBytes) -> [UInt8]? {
    guard value.count > 4 else { return nil }
    var writer = Writer(UnsafeBufferPointer(rebasing: value[4...]))
    guard writer.geometry(depth: 0), writer.isAtEnd else { return nil }
    let system = (0..<4).reduce(UInt32(0)) { $0 | UInt32(value[$1]) << UInt32(8 * $1) }
    return system == 0 ? writer.output : Array("SRID=\(system);".utf8) + writer.output
  }

  private struct Writer {
    private let bytes: BorrowedBytes
    private var offset = 0
    private var isBigEndian = false
    private(set) var output: [UInt8] = []

    init(_ bytes: BorrowedBytes) { self.bytes = bytes }

    var isAtEnd: Bool { offset == bytes.count }

    /// Names by the codes of well-known binary, from 1.
    private static let names = [
      "POINT", "LINESTRING", "POLYGON", "MULTIPOINT", "MULTILINESTRING", "MULTIPOLYGON",
      "GEOMETRYCOLLECTION",
    ]

    /// A geometry with its name, unless it is a part of one that implies it.
    mutating func geometry(depth: Int, isNamed: Bool = true) -> Bool {
      guard depth < 32, let order = byte() else { return false }
      isBigEndian = order == 0
      guard let code = integer().map(Int.init), (1...7).contains(code) else { return false }
      if isNamed { output += Array(Self.names[code - 1].utf8) }
      switch code {
      case 1: return parenthesized { $0.point() }
      case 2: return list { $0.point() }
      case 3: return list { $0.list { $0.point() } }
      case 7: return list { $0.geometry(depth: depth + 1) }
      // A point within a MULTIPOINT has no parentheses of its own here, as the server prints it.
      case 4: return list { $0.bareGeometry() }
      default: return list { $0.geometry(depth: depth + 1, isNamed: false) }
      }
    }

    private mutating func bareGeometry() -> Bool {
      guard let order = byte() else { return false }
      isBigEndian = order == 0
      return integer() == 1 && point()
    }

    private mutating func parenthesized(_ body: (inout Writer) -> Bool) -> Bool {
      output.append(UInt8(ascii: "("))
      guard body(&self) else { return false }
      output.append(UInt8(ascii: ")"))
      return true
    }

    private mutating func list(_ element: (inout Writer) -> Bool) -> Bool {
      guard let count = integer() else { return false }
      if count == 0 {
        output += Array(" EMPTY".utf8)
        return true
      }
      return parenthesized { writer in
        for index in 0..<count {
          if index > 0 { writer.output.append(UInt8(ascii: ",")) }
          guard element(&writer) else { return false }
        }
        return true
      }
    }

    private mutating func point() -> Bool {
      guard let x = number(), let y = number() else { return false }
      append(x)
      output.append(UInt8(ascii: " "))
      append(y)
      return true
    }

    /// Whole numbers without a fraction.
    private mutating func append(_ number: Double) {
      if let whole = Int64(exactly: number), abs(whole) < 1 << 53 {
        output += Array(String(whole).utf8)
      } else {
        output += Array(number.description.utf8)
      }
    }

    private mutating func byte() -> UInt8? {
      guard offset < bytes.count else { return nil }
      defer { offset += 1 }
      return bytes[offset]
    }

    private mutating func integer() -> UInt32? { take(4).map(UInt32.init(truncatingIfNeeded:)) }

    private mutating func number() -> Double? { take(8).map(Double.init(bitPattern:)) }

    private mutating func take(_ count: Int) -> UInt64? {
      guard bytes.count - offset >= count else { return nil }
      var number: UInt64 = 0
      for index in 0..<count {
        let place = isBigEndian ? index : count - 1 - index
        number = number << 8 | UInt64(bytes[offset + place])
      }
      offset += count
      return number
    }
  }
}
