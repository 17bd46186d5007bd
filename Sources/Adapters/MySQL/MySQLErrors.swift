import AdapterCore
import CMariaDB
import Platform

/// What was being done when the server gave an error; decides the words of the message.
enum MySQLAction {
  /// A statement, with its text as it was written and as it was sent.
  case statement(SQLText, PlaceholderText? = nil)
  case other(String)
}

extension MySQLFailure {
  static let noSuchThread: UInt32 = 1094

  /// The server takes no LOAD DATA LOCAL (local_infile is off).
  var isLocalRefusal: Bool { [1148, 3948, 3950, 4166].contains(number) }

  /// A row is at fault, not the statement.
  var isOfRow: Bool { kind == .data || kind == .failed }

  init(of statement: UnsafeMutablePointer<MYSQL_STMT>) {
    self.init(
      number: mysql_stmt_errno(statement), state: mysql_stmt_sqlstate(statement),
      message: mysql_stmt_error(statement))
  }

  /// ER_UNSUPPORTED_PS.
  var isUnpreparable: Bool { number == 1295 }

  /// The connection is gone: CR_SERVER_GONE_ERROR, CR_SERVER_LOST, a server that shuts down, a
  /// connection that was killed or was idle for too long.
  var isConnectionLost: Bool { [2006, 2013, 2055, 1053, 1927, 4031, 5013, 5014].contains(number) }

  /// The connection is gone, or what keeps it secret is (CR_SSL_CONNECTION_ERROR).
  var endsSession: Bool { isConnectionLost || number == 2026 }

  var isInterrupted: Bool { number == 1317 || number == 3024 || number == 1969 }

  /// A value beyond max_allowed_packet, in pieces (ER_UNKNOWN_ERROR with words of its own), or in one
  /// (ER_NET_PACKET_TOO_LARGE, CR_NET_PACKET_TOO_LARGE).
  var isTooLong: Bool {
    number == 1153 || number == 2020 || number == 1105 && message.contains("mysql_send_long_data")
  }

  /// A statement's own limit of time passed (max_statement_time, max_execution_time).
  private var isServerTimeout: Bool { number == 3024 || number == 1969 }

  /// As the mysql client prints it: "1062 (23000)".
  var code: String { state.isEmpty ? String(number) : "\(number) (\(state))" }

  var kind: ErrorKind {
    if isServerTimeout { return .timeout }
    if isConnectionLost || isInterrupted { return .temporary }
    if isTooLong { return .data }
    switch number {
    case 1205, 1213, 1020, 1206, 1412, 1615, 3572, 1040, 1203, 1226, 1461: return .temporary
    case 1044, 1045, 1095, 1130, 1142, 1143, 1227, 1370, 1396, 1410, 1419, 1698, 1820, 1862, 2026,
      5010:
      return .denied
    case 1049: return .notFound
    case 1021, 1030, 1114, 1037, 1041, 2008: return .io
    case 1153, 1264, 1265, 1292, 1300, 1366, 1367, 1406, 1411, 1525, 3140: return .data
    case 2002, 2003, 2004, 2005, 2012, 2059: return .unavailable
    case 2027: return .protocolViolation
    case 2014, 2030, 2031, 2034, 2036, 2057: return .bug
    default: return .failed
    }
  }

  var isRetryable: Bool {
    switch number {
    case 1205, 1213, 1020, 1412, 1615, 3572, 1040, 1203, 1226: true
    default: false
    }
  }

  /// The message without the values that some errors show, for those may be bound ones.
  var publicMessage: String {
    switch number {
    case 1062, 1586:
      // Duplicate entry 'VALUE' for key 'NAME'
      if let key = message.lastRange(of: " for key ") {
        return "duplicate value for key " + message[key.upperBound...]
      }
    case 1264, 1292, 1366, 1411, 1525, 1300:
      // Incorrect integer value: 'VALUE' for column `t`.`c` at row 1
      if let start = message.firstRange(of: ": '") {
        let end = message.lastRange(of: "' for ") ?? message.lastRange(of: "'")
        let rest = end.map { message[$0.upperBound...] } ?? ""
        let head = message[..<start.lowerBound]
        return message.lastRange(of: "' for ") == nil ? String(head) : "\(head) for \(rest)"
      }
    case 1064:
      if let near = nearText { return near.isEmpty ? "syntax error at the end" : Self.near(near) }
    default: break
    }
    return message
  }

  private static func near(_ text: String) -> String {
    let line = text.prefix { !$0.isNewline }.prefix(40)
    return "syntax error near '\(line)\(line.count < text.count ? "…" : "")'"
  }

  /// The rest of the statement from the error on, at most 80 characters of it: "… near 'TEXT' at
  /// line 2".
  var nearText: String? {
    guard number == 1064, let start = message.firstRange(of: " near '"),
      let end = message.lastRange(of: "' at line "), start.upperBound <= end.lowerBound
    else { return nil }
    return String(message[start.upperBound..<end.lowerBound])
  }

  var nearLine: Int? {
    message.lastRange(of: "' at line ").flatMap { Int(message[$0.upperBound...]) }
  }

  /// The name that an error about an unknown or wrong name begins with, without its qualifiers.
  var quotedName: String? {
    guard [1051, 1054, 1146, 1091, 1072, 1305, 1049, 1109].contains(number) else { return nil }
    let parts = message.split(separator: "'", omittingEmptySubsequences: false)
    if parts.count > 1 { return parts[1].split(separator: ".").last.map(String.init) }
    // FUNCTION db.name does not exist
    let words = message.split(separator: " ")
    return words.count > 1 ? words[1].split(separator: ".").last.map(String.init) : nil
  }
}

extension MySQLEndpoint {
  /// The error of a connection that did not come about.
  func error(for failure: MySQLFailure) -> AdapterError {
    if failure.kind == .failed,
      let setting = settings.setting(refusedWith: failure.number, failure.message)
    {
      return setting.error("\(setting.key): \(failure.publicMessage)")
    }
    var kind = failure.kind
    // Until the session stands, a lost connection is one that was never there.
    if failure.isConnectionLost { kind = .unavailable }
    var error = AdapterError(
      kind, "cannot connect to \(place): \(reason(of: failure))", code: failure.code,
      isRetryable: failure.isRetryable || kind == .unavailable && failure.number != 2059)
    error.hint = hint(for: failure)
    return error
  }

  /// libmariadb shows the system's reason as a bare number: "Can't connect to server on 'x' (111)".
  private func reason(of failure: MySQLFailure) -> String {
    let message = failure.message
    if failure.number == 2005 { return "there is no host '\(host?.name ?? "")'" }
    if failure.number == 2026 { return tlsReason(message) }
    guard failure.number == 2002 || failure.number == 2003 || failure.number == 2004,
      let open = message.lastRange(of: "("), message.hasSuffix(")"),
      let number = Int32(message[open.upperBound...].dropLast())
    else { return failure.publicMessage }
    // Whatever ended the attempt, libmariadb shows that it had not ended at once (EINPROGRESS).
    return Errno(rawValue: number) == .inProgress
      ? "connection refused, or host unreachable" : Errno(rawValue: number).message
  }

  /// libmariadb names no file that it cannot use, and has no words for a server that just goes away.
  private func tlsReason(_ message: String) -> String {
    for (name, path) in settings.tlsFiles {
      do throws(Errno) {
        _ = try FileDescriptor.openForReading(path)
      } catch {
        return "cannot read \(path) (\(name)): \(error.message)"
      }
    }
    if message.contains("(null)") { return "the server ended the TLS handshake" }
    let isOfFile = ["no certificate or crl", "PEM", "key values mismatch", "no start line"]
    guard isOfFile.contains(where: message.contains), !settings.tlsFiles.isEmpty else {
      return message
    }
    let files = settings.tlsFiles.map { "\($0.path) (\($0.name))" }.joined(separator: ", ")
    return "\(message): \(files)"
  }

  private func hint(for failure: MySQLFailure) -> String? {
    switch failure.number {
    case 1045, 1698: "check the user and the password"
    case 1044: "the user may not use this database"
    case 1049: "check the database's name, or create it: create database NAME"
    case 1040, 1203, 1226: "wait for connections to end, or raise the server's max_connections"
    case 1130: "the server does not admit this machine"
    case 2026 where settings.tls == .prefer:
      settings.tlsFiles.isEmpty
        ? "sslmode=disable connects without TLS" : "check the files that the settings name"
    case 2026:
      "sslmode=\(settings.tls.rawValue) demands TLS; sslrootcert=FILE names the authority to trust"
    case 2059, 5012: "plugin_dir=FOLDER says where libmariadb finds its plugins"
    case 5010:
      "the server asks for the password itself; default_auth=mysql_clear_password sends it"
    case 2002 where host == nil: "socket=PATH names the server's socket, HOST in the URL a host"
    case 2002, 2003, 2004: "check the host and port, and that the server runs"
    case 2005: "check the host's name"
    default: nil
    }
  }
}

extension MySQLDatabase {
  /// The error for a failed call on this connection.
  func error(_ failure: MySQLFailure, doing action: MySQLAction) -> AdapterError {
    if failure.endsSession { isLost = true }
    if failure.isInterrupted || failure.endsSession, let error = operation.cancellation.error {
      return error
    }
    if access == .read, failure.isReadOnlyRefusal, case .statement(let sql, _) = action {
      return refusedWrite(at: sql.position, code: failure.code)
    }
    var error =
      failure.endsSession
      ? lost(code: failure.code)
      : AdapterError(
        failure.kind, failure.publicMessage, code: failure.code, hint: hint(for: failure),
        isRetryable: failure.isRetryable)
    switch action {
    case .other(let work): error.message = "cannot \(work): \(error.message)"
    case .statement(let sql, let sent):
      if failure.endsSession, sql.text.utf8.count > 1 << 20 {
        // The server says it too late: the client is still sending.
        error.hint =
          "the statement may be longer than the server's max_allowed_packet; \(error.hint ?? "")"
      }
      if failure.number == 1064 || failure.number == 1065,
        let error = wrongStatementCount(of: sql)
      {
        return error
      }
      addPosition(of: sql, sent, failure, to: &error)
    }
    return error
  }

  /// What `query` answers to a statement that writes.
  func refusedWrite(at position: SourcePosition, code: String? = nil) -> AdapterError {
    AdapterError(
      .failed, "the statement writes, and query only reads", code: code, position: position,
      hint: "use nb db exec")
  }

  /// Throws `usage` for a text whose NUL does not belong to its one statement.
  func checkStatementCount(of sql: SQLText) throws(AdapterError) {
    let statements = try StatementSplitter.split(sql.text, dialect: dialect)
    guard statements.count == 1, statements[0].text.utf8.contains(0) else {
      throw AdapterError(
        .usage, "there is more than one statement in the SQL", position: sql.position)
    }
  }

  /// `usage` for a text that holds no statement or more than one; nil for one that holds one.
  func wrongStatementCount(of sql: SQLText) -> AdapterError? {
    // The `;` of a body ends no statement, but only the server can tell.
    let bodies = ["PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "PACKAGE", "BEGIN", "IF", "FOR"]
    guard !sql.words(dialect, limit: 12).contains(where: bodies.contains),
      let count = try? StatementSplitter.split(sql.text, dialect: dialect).count, count != 1
    else { return nil }
    return AdapterError(
      .usage, "there is \(count == 0 ? "no" : "more than one") statement in the SQL",
      position: sql.position)
  }

  private func hint(for failure: MySQLFailure) -> String? {
    switch failure.number {
    case 1205:
      "another session holds the lock; raise lock_timeout in the target (?lock_timeout=60s)"
    case 1213: "two transactions waited for each other; run this one again"
    case 1290, 1792, 1836:
      "the server only reads: it may be a replica, so name the primary"
    case 1146, 1051, 1109: "nb db schema lists the tables"
    case 1054: "text goes in single quotes; backticks are for names"
    case 1142, 1143, 1227, 1044, 1370: "the user lacks a privilege; see SHOW GRANTS"
    case 1153, 2020, 1105: failure.isTooLong ? "raise the server's max_allowed_packet" : nil
    case 1317: "somebody killed the statement on the server"
    case 1969: "raise the server's max_statement_time"
    case 3024: "raise the server's max_execution_time"
    case 1461: "raise the server's max_prepared_stmt_count"
    case 1021, 1114: "free some space on the server's disk"
    default: nil
    }
  }

  /// Finds what the message names in the statement, and shows the line with a marker.
  private func addPosition(
    of sql: SQLText, _ sent: PlaceholderText?, _ failure: MySQLFailure, to error: inout AdapterError
  ) {
    error.position = sql.position
    guard !failure.endsSession else { return }
    let text = sent?.text ?? sql.text
    let offset: Int?
    if let near = failure.nearText, let line = failure.nearLine {
      // Behind a comma or another single character the rest begins after what is wrong.
      let found = text.offset(ofRest: near, line: line)
      offset = near.first?.isWhitespace == true ? found.map { max(0, $0 - 1) } : found
    } else {
      offset = failure.quotedName.flatMap { text.offset(ofWord: $0) }
    }
    guard let offset else { return }
    let located = sql.locate(byteOffset: sent?.originalOffset(ofByte: offset) ?? offset)
    error.position = located.position
    error.details += located.excerpt
  }
}

extension MySQLFailure {
  /// ER_OPTION_PREVENTS_STATEMENT, ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ER_READ_ONLY_MODE.
  var isReadOnlyRefusal: Bool { number == 1290 || number == 1792 || number == 1836 }
}

extension String {
  fileprivate func lastRange(of text: String) -> Range<Index>? {
    indices.reversed().lazy.compactMap { range(of: text, at: $0) }.first
  }

  private func range(of text: String, at start: Index) -> Range<Index>? {
    let rest = self[start...]
    return rest.hasPrefix(text) ? start..<index(start, offsetBy: text.count) : nil
  }

  /// Where `rest` begins on the line, counted from 1: the server shows the text from an error on,
  /// cut short when it is long.
  fileprivate func offset(ofRest rest: String, line: Int) -> Int? {
    let bytes = Array(utf8)
    let wanted = Array(rest.utf8)
    if wanted.isEmpty { return bytes.count }
    var lines = 1
    var found: Int?
    for offset in bytes.indices {
      if lines == line, bytes[offset...].starts(with: wanted) {
        // The whole rest is a better answer than what only begins like it.
        if bytes.count - offset == wanted.count { return offset }
        found = found ?? offset
      }
      if bytes[offset] == 0x0A { lines += 1 }
    }
    return found
  }

  /// Where `word` stands for the first time with no letter or digit beside it.
  fileprivate func offset(ofWord word: String) -> Int? {
    let bytes = Array(utf8)
    let wanted = Array(word.lowercased().utf8)
    guard !wanted.isEmpty, wanted.count <= bytes.count else { return nil }
    func isWordByte(_ byte: UInt8) -> Bool {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F, 0x24, 0x80...: true
      default: false
      }
    }
    return (0...(bytes.count - wanted.count)).first { offset in
      let end = offset + wanted.count
      return (0..<wanted.count).allSatisfy { bytes[offset + $0].lowercasedASCII == wanted[$0] }
        && (offset == 0 || !isWordByte(bytes[offset - 1]))
        && (end == bytes.count || !isWordByte(bytes[end]))
    }
  }
}

extension UInt8 {
  fileprivate var lowercasedASCII: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
