import AdapterCore
import CMariaDB

/// What a column of a result holds, by its metadata.
///
/// | type | value |
/// |---|---|
/// | `TINYINT` (also `TINYINT(1)`, `BOOLEAN`) to `BIGINT`, `YEAR`, `BIT` | integer; beyond Int64 decimal |
/// | `DECIMAL` | decimal |
/// | `FLOAT`, `DOUBLE` | double |
/// | `CHAR`, `VARCHAR`, `TEXT`, `ENUM`, `SET`, `UUID`, `INET4`, `INET6` | text |
/// | `BINARY`, `VARBINARY`, `BLOB` | bytes |
/// | `JSON` | json |
/// | `DATE`, `DATETIME`, `TIMESTAMP`, `TIME` | text, `2024-02-29 12:34:56.789`, `-838:59:59` |
/// | `GEOMETRY` and its kin | text, well-known text: `POINT(1 2)` |
enum MySQLType: UInt8 {
  case tiny, unsignedTiny, short, unsignedShort, long, unsignedLong, longLong, unsignedLongLong
  case float, double, decimal, text, bytes, json, date, time, year, bit, geometry

  /// The number that stands for the binary character set: bytes, not text.
  private static let binaryCharacterSet: UInt32 = 63

  init(_ field: MYSQL_FIELD) {
    let isUnsigned = field.flags & UInt32(UNSIGNED_FLAG) != 0
    switch field.type {
    case MYSQL_TYPE_TINY: self = isUnsigned ? .unsignedTiny : .tiny
    case MYSQL_TYPE_SHORT: self = isUnsigned ? .unsignedShort : .short
    case MYSQL_TYPE_LONG, MYSQL_TYPE_INT24: self = isUnsigned ? .unsignedLong : .long
    case MYSQL_TYPE_LONGLONG: self = isUnsigned ? .unsignedLongLong : .longLong
    case MYSQL_TYPE_FLOAT: self = .float
    case MYSQL_TYPE_DOUBLE: self = .double
    case MYSQL_TYPE_DECIMAL, MYSQL_TYPE_NEWDECIMAL: self = .decimal
    case MYSQL_TYPE_DATE, MYSQL_TYPE_NEWDATE, MYSQL_TYPE_DATETIME, MYSQL_TYPE_TIMESTAMP,
      MYSQL_TYPE_DATETIME2, MYSQL_TYPE_TIMESTAMP2:
      self = .date
    case MYSQL_TYPE_TIME, MYSQL_TYPE_TIME2: self = .time
    case MYSQL_TYPE_YEAR: self = .year
    case MYSQL_TYPE_BIT: self = .bit
    case MYSQL_TYPE_GEOMETRY: self = .geometry
    case MYSQL_TYPE_JSON: self = .json
    case MYSQL_TYPE_ENUM, MYSQL_TYPE_SET: self = .text
    default: self = Self.stringType(field)
    }
  }

  /// MariaDB's JSON is a text with a format, its UUID and INET6 bytes with a name.
  private static func stringType(_ field: MYSQL_FIELD) -> MySQLType {
    if attribute(MARIADB_FIELD_ATTR_FORMAT_NAME, of: field) == "json" { return .json }
    if attribute(MARIADB_FIELD_ATTR_DATA_TYPE_NAME, of: field) != nil { return .text }
    let isBinary = field.charsetnr == binaryCharacterSet
    let isName = field.flags & UInt32(ENUM_FLAG | SET_FLAG) != 0
    return isBinary && !isName && field.type != MYSQL_TYPE_NULL ? .bytes : .text
  }

  /// A word of MariaDB's extended metadata (mariadb_field_attr).
  private static func attribute(
    _ attribute: mariadb_field_attr_t, of field: MYSQL_FIELD
  ) -> String? {
    var field = field
    var found = MARIADB_CONST_STRING()
    guard mariadb_field_attr(&found, &field, attribute) == 0, found.length > 0 else { return nil }
    let bytes = UnsafeRawBufferPointer(start: found.str, count: found.length)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The column as the port describes it.
  static func column(_ field: MYSQL_FIELD) -> Column {
    let type = MySQLType(field)
    let bytes = UnsafeRawBufferPointer(start: field.name, count: Int(field.name_length))
    return Column(
      name: String(decoding: bytes, as: UTF8.self), kind: type.kind(field),
      declaredType: type.declaration(field), dialect: SQLDialect.mysql.name)
  }

  private func kind(_ field: MYSQL_FIELD) -> Column.Kind {
    switch self {
    case .tiny, .unsignedTiny, .short, .unsignedShort, .long, .unsignedLong, .longLong, .year:
      .integer
    case .unsignedLongLong, .bit: .integer
    case .float, .double: .real
    case .decimal: .decimal
    case .text where field.type == MYSQL_TYPE_NULL: .unknown
    case .text, .time, .geometry: .text
    case .bytes: .bytes
    case .json: .json
    case .date: .timestamp
    }
  }

  /// The type as a table would declare it, for what comes from a table's column; nil for the rest.
  private func declaration(_ field: MYSQL_FIELD) -> String? {
    guard field.org_table_length > 0 else { return nil }
    let characters = Int(field.length) / max(1, Self.bytesPerCharacter(field.charsetnr))
    let fraction = (1...6).contains(field.decimals) ? "(\(field.decimals))" : ""
    switch self {
    case .tiny: return "TINYINT"
    case .unsignedTiny: return "TINYINT UNSIGNED"
    case .short: return "SMALLINT"
    case .unsignedShort: return "SMALLINT UNSIGNED"
    case .long: return "INT"
    case .unsignedLong: return "INT UNSIGNED"
    case .longLong: return "BIGINT"
    case .unsignedLongLong: return "BIGINT UNSIGNED"
    case .float: return "FLOAT"
    case .double: return "DOUBLE"
    case .decimal:
      // The length counts a sign and, with a fraction, a point.
      let isUnsigned = field.flags & UInt32(UNSIGNED_FLAG) != 0
      let extra = (isUnsigned ? 0 : 1) + (field.decimals > 0 ? 1 : 0)
      return "DECIMAL(\(max(1, Int(field.length) - extra)),\(field.decimals))"
    case .text where field.type == MYSQL_TYPE_STRING || field.type == MYSQL_TYPE_VAR_STRING:
      return Self.attribute(MARIADB_FIELD_ATTR_DATA_TYPE_NAME, of: field)?.uppercased()
        ?? "VARCHAR(\(characters))"
    case .bytes where field.type == MYSQL_TYPE_STRING || field.type == MYSQL_TYPE_VAR_STRING:
      return "VARBINARY(\(field.length))"
    case .geometry:
      return Self.attribute(MARIADB_FIELD_ATTR_DATA_TYPE_NAME, of: field)?.uppercased()
        ?? "GEOMETRY"
    case .text: return "LONGTEXT"
    case .bytes: return "LONGBLOB"
    case .json: return "JSON"
    case .date where field.type == MYSQL_TYPE_DATE || field.type == MYSQL_TYPE_NEWDATE:
      return "DATE"
    case .date: return "DATETIME\(fraction)"
    case .time: return "TIME\(fraction)"
    case .year: return "YEAR"
    case .bit: return "BIT(\(max(1, field.length)))"
    }
  }

  /// Results are sent in the connection's character set; its longest character tells how many a
  /// column holds.
  private static func bytesPerCharacter(_ characterSet: UInt32) -> Int {
    switch characterSet {
    case 33, 83, 192...215, 576...610: 3
    case 8, 11, 15, 47, 48, 49, 63, 65: 1
    default: 4
    }
  }

  /// The type that a new table declares for a column: the declared one where it is of this engine,
  /// otherwise one that holds every value of the column's kind.
  ///
  /// - Parameter dialect: of the session that creates it.
  static func declaration(for column: Column, isKey: Bool, _ dialect: SQLDialect) -> String {
    if let type = column.declaredType(in: .mysql), isPlain(type, dialect) {
      // MariaDB's JSON is shown as the text that it is an alias of.
      if column.kind == .json { return "JSON" }
      // Where the server takes the word alone for NOT NULL, NULL would become the time of the copy.
      return type.lowercased().hasPrefix("timestamp") && !isKey ? type + " NULL" : type
    }
    if let type = column.declaredType(ofOther: .postgresql),
      let own = declaration(forPostgreSQL: type)
    {
      return own
    }
    return switch column.kind {
    case .integer: "BIGINT"
    case .real: "DOUBLE"
    case .decimal: "DECIMAL(65,30)"
    case .bytes: isKey ? "VARBINARY(255)" : "LONGBLOB"
    case .json: "JSON"
    case .boolean: "BOOLEAN"
    case .timestamp: "DATETIME(6)"
    case .text, .unknown: isKey ? "VARCHAR(255)" : "LONGTEXT"
    }
  }

  /// The type that holds just what one of PostgreSQL's does; nil where the kind tells as much.
  ///
  /// timestamptz becomes DATETIME in UTC: TIMESTAMP ends in 2038.
  private static func declaration(forPostgreSQL type: DeclaredType) -> String? {
    let precision = type.arguments.first ?? 6
    switch type.name {
    case "smallint": return "SMALLINT"
    case "integer": return "INT"
    case "numeric":
      guard type.arguments.count == 2 else { return nil }
      let (digits, scale) = (type.arguments[0], type.arguments[1])
      return (1...65).contains(digits) && (0...min(38, digits)).contains(scale)
        ? "DECIMAL(\(digits),\(scale))" : nil
    case "date": return "DATE"
    case "timestamp": return "DATETIME(\(precision))"
    case "time" where type.words == ["time", "without", "time", "zone"]:
      return "TIME(\(precision))"
    default: return nil
    }
  }

  /// Whether a declared type can be repeated in a statement as it is: it ends where it seems to.
  private static func isPlain(_ type: String, _ dialect: SQLDialect) -> Bool {
    var depth = 0
    var isQuoted = false
    var isEscaped = false
    for byte in type.utf8 {
      switch byte {
      case _ where isEscaped: isEscaped = false
      // A doubled quote ends a string and begins the next.
      case UInt8(ascii: "'"): isQuoted.toggle()
      case UInt8(ascii: "\\") where isQuoted: isEscaped = dialect.hasBackslashEscapes
      case _ where isQuoted: break
      case UInt8(ascii: "("): depth += 1
      case UInt8(ascii: ")") where depth > 0: depth -= 1
      case UInt8(ascii: ",") where depth > 0: break
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x20, 0x5F: break
      default: return false
      }
    }
    return depth == 0 && !isQuoted
  }
}
