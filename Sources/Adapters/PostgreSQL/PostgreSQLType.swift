import AdapterCore
import CPostgreSQL

/// The server's types as nb reads and declares them (pg_type.dat of the server).
enum PostgreSQLType {
  /// What a cell's text becomes.
  enum Cell: UInt8 {
    case bool, int, double, decimal, bytes, json, text
  }

  static let boolType: Oid = 16
  static let bytesType: Oid = 17
  static let int8Type: Oid = 20
  static let textType: Oid = 25
  static let jsonType: Oid = 114
  static let doubleType: Oid = 701
  static let numericType: Oid = 1700

  static func cell(_ type: Oid) -> Cell {
    switch type {
    case boolType: .bool
    case int8Type, 21, 23, 26: .int
    case 700, doubleType: .double
    case numericType: .decimal
    case bytesType: .bytes
    case jsonType, 3802: .json
    default: .text
    }
  }

  static func kind(_ type: Oid) -> Column.Kind {
    switch cell(type) {
    case .bool: .boolean
    case .int: .integer
    case .double: .real
    case .decimal: .decimal
    case .bytes: .bytes
    case .json: .json
    case .text:
      switch type {
      case 1082, 1114, 1184: .timestamp
      default: .text
      }
    }
  }

  /// Whether a parameter that the server took for this type may be one that it had no reason to
  /// take for anything.
  static func isText(_ type: Oid) -> Bool { type == textType || type == 705 }

  /// The type a value has by itself; 0 leaves it to the server.
  static func type(of value: Value) -> Oid {
    switch value {
    case .null, .text: 0
    case .bool: boolType
    case .int: int8Type
    case .double: doubleType
    case .decimal: numericType
    case .bytes: bytesType
    case .json: jsonType
    }
  }

  // MARK: Declarations

  private static let names: [Oid: String] = [
    16: "boolean", 17: "bytea", 19: "name", 20: "bigint", 21: "smallint", 23: "integer", 25: "text",
    26: "oid", 114: "json", 142: "xml", 600: "point", 601: "lseg", 602: "path", 603: "box",
    604: "polygon", 628: "line", 650: "cidr", 700: "real", 701: "double precision", 718: "circle",
    774: "macaddr8", 790: "money", 829: "macaddr", 869: "inet", 1042: "character",
    1043: "character varying", 1082: "date", 1083: "time", 1114: "timestamp",
    1184: "timestamp", 1186: "interval", 1266: "time", 1560: "bit", 1562: "bit varying",
    1700: "numeric", 2950: "uuid", 3614: "tsvector", 3615: "tsquery", 3802: "jsonb",
    3904: "int4range", 3906: "numrange", 3908: "tsrange", 3910: "tstzrange", 3912: "daterange",
    3926: "int8range", 4072: "jsonpath",
  ]

  /// The element type of an array type.
  private static let elements: [Oid: Oid] = [
    199: 114, 1000: 16, 1001: 17, 1003: 19, 1005: 21, 1007: 23, 1009: 25, 1014: 1042, 1015: 1043,
    1016: 20, 1021: 700, 1022: 701, 1028: 26, 1041: 869, 1115: 1114, 1182: 1082, 1183: 1083,
    1185: 1184, 1187: 1186, 1231: 1700, 1561: 1560, 1563: 1562, 2951: 2950, 3807: 3802,
  ]

  /// The type as it is declared (format_type), for those that every server has.
  static func declaration(_ type: Oid, modifier: Int32) -> String? {
    if let element = elements[type] {
      return declaration(element, modifier: modifier).map { $0 + "[]" }
    }
    guard let name = names[type] else { return nil }
    let zone = type == 1184 || type == 1266 ? " with time zone" : ""
    let isTime = [1083, 1114, 1184, 1266].contains(type)
    let plain = name + (isTime && zone.isEmpty ? " without time zone" : zone)
    guard modifier >= 0 else { return plain }
    switch type {
    case 1042, 1043: return "\(name)(\(modifier - 4))"
    case 1560, 1562: return "\(name)(\(modifier))"
    case 1083, 1114, 1184, 1266:
      return "\(name)(\(modifier))" + (zone.isEmpty ? " without time zone" : zone)
    case numericType:
      let packed = modifier - 4
      // The scale is signed, in the lower 11 bits.
      let scale = ((packed & 0x7FF) ^ 1024) - 1024
      return "\(name)(\(packed >> 16),\(scale))"
    default: return plain
    }
  }

  /// The type that a new table declares for a column.
  static func declaration(for column: Column) -> String {
    if let type = column.declaredType(in: .postgresql) { return type }
    if let type = column.declaredType(ofOther: .mysql), let own = declaration(forMySQL: type) {
      return own
    }
    return switch column.kind {
    case .integer: "bigint"
    case .real: "double precision"
    case .decimal: "numeric"
    case .text, .unknown: "text"
    case .timestamp: "timestamp with time zone"
    case .bytes: "bytea"
    case .json: "jsonb"
    case .boolean: "boolean"
    }
  }

  /// The type that holds just what one of MariaDB's does; nil where the kind tells as much.
  private static func declaration(forMySQL type: DeclaredType) -> String? {
    let isUnsigned = type.words.contains("unsigned")
    let arguments = type.arguments.map(String.init).joined(separator: ",")
    switch type.name {
    case "tinyint", "year": return "smallint"
    case "smallint": return isUnsigned ? "integer" : "smallint"
    case "int": return isUnsigned ? "bigint" : "integer"
    case "bigint": return isUnsigned ? "numeric(20,0)" : "bigint"
    case "bit": return type.arguments == [64] ? "numeric(20,0)" : "bigint"
    case "decimal": return "numeric(\(arguments))"
    case "varchar": return "character varying(\(arguments))"
    case "date": return "date"
    case "datetime": return "timestamp(\(type.arguments.first ?? 0)) without time zone"
    default: return nil
    }
  }
}
