import CPostgreSQL

/// The fields of an error or notice (PQresultErrorField).
struct PostgreSQLDiagnostics {
  var severity: String
  var sqlState: String
  var message: String
  var detail: String?
  var hint: String?
  /// Where the server was: functions, a row of COPY.
  var context: String?
  /// In characters of the text that was sent, from 1.
  var position: Int?
  var column: String?
  var constraint: String?

  init(_ result: OpaquePointer) {
    func field(_ code: UInt8) -> String? {
      nb_pq_field(result, CChar(code)).map { String(cString: $0) }
    }
    severity = field(UInt8(ascii: "V")) ?? field(UInt8(ascii: "S")) ?? "ERROR"
    sqlState = field(UInt8(ascii: "C")) ?? ""
    let text = field(UInt8(ascii: "M")) ?? String(cString: PQresultErrorMessage(result))
    message = text.split(separator: "\n").joined(separator: " ")
    detail = field(UInt8(ascii: "D"))
    hint = field(UInt8(ascii: "H"))
    context = field(UInt8(ascii: "W"))
    position = field(UInt8(ascii: "P")).flatMap { Int($0) }
    column = field(UInt8(ascii: "c"))
    constraint = field(UInt8(ascii: "n"))
  }
}
