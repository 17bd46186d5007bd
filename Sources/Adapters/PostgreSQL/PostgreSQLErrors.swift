import AdapterCore
import CPostgreSQL

/// A statement as it was sent, for the place of an error in it.
struct SentText {
  var text: SQLText
  var placeholders: PlaceholderText
  /// Characters that nb put in front.
  var prefixLength = 0

  /// The place of a character of what was sent (PG_DIAG_STATEMENT_POSITION, from 1).
  func locate(character: Int) -> (position: SourcePosition, excerpt: [String])? {
    let offset = character - 1 - prefixLength
    guard offset >= 0 else { return nil }
    let sent = placeholders.text.unicodeScalars
    guard let index = sent.index(sent.startIndex, offsetBy: offset, limitedBy: sent.endIndex)
    else { return nil }
    let byte = placeholders.text.utf8.distance(from: sent.startIndex, to: index)
    return text.locate(byteOffset: placeholders.originalOffset(ofByte: byte))
  }
}

extension PostgreSQLDatabase {
  /// The error that a result carries, about a statement of the user's or about work of nb's own.
  ///
  /// With bound values what the server quotes of them is left out.
  func error(
    _ result: OpaquePointer, in sent: SentText? = nil, hasValues: Bool = false
  ) -> AdapterError {
    let fields = PostgreSQLDiagnostics(result)
    let code = fields.sqlState
    if code == "57014" || connection.isLost, let error = operation.cancellation.error {
      return error
    }
    if connection.isLost && !code.hasPrefix("57P") { return connection.lost() }
    var error = AdapterError(
      Self.kind(of: code, fields.message, hasValues: hasValues), fields.message, code: code,
      hint: fields.hint.map(Self.hintText) ?? hint(code), isRetryable: Self.isRetryable(code))
    if let sent { addPosition(of: sent, fields, to: &error) }
    if hasValues {
      if Self.quotesValue(code) { error.message = Self.withoutQuotedValue(fields.message) }
    } else {
      if let detail = fields.detail { error.details.append("  " + Self.oneLine(detail)) }
      if let context = fields.context { error.details.append("  in " + Self.oneLine(context)) }
    }
    explainReadOnly(&error)
    return error
  }

  private static func kind(of code: String, _ message: String, hasValues: Bool) -> ErrorKind {
    switch code {
    case "40001", "40P01", "55P03", "57P01", "57P02", "57P03", "57P05", "53300", "53200": .temporary
    case "57014": message.contains("timeout") ? .timeout : .cancelled
    case "42501": .denied
    case "3D000": .notFound
    case "53100": .io
    case let code where isMisfit(code): hasValues ? .data : .failed
    case let code where code.hasPrefix("28"): .denied
    case let code where code.hasPrefix("08") || code.hasPrefix("53"): .temporary
    default: .failed
    }
  }

  /// Whether a value does not fit the type that it was given to.
  private static func isMisfit(_ code: String) -> Bool {
    quotesValue(code) || ["22P03", "22P05", "22021", "22001"].contains(code)
  }

  /// Whether the message holds the value itself.
  static func quotesValue(_ code: String) -> Bool {
    ["22P02", "22003", "22007", "22008"].contains(code)
  }

  /// Whether the whole transaction may succeed when it is run again: nothing of it was kept.
  private static func isRetryable(_ code: String) -> Bool {
    ["40001", "40P01", "55P03"].contains(code)
  }

  private func hint(_ code: String) -> String? {
    switch code {
    case "42P01": "nb db schema lists the tables"
    case "42703": "text goes in single quotes; double quotes are for names"
    case "25001": "several statements run in one transaction; use --no-tx to run each on its own"
    case "25P02": "an earlier statement of the transaction failed; roll it back"
    case "55P03": "another session holds the lock; raise lock_timeout (?lock_timeout=30s)"
    case "40001", "40P01": "another session changed the same rows; run the whole transaction again"
    case "57014": "statement_timeout is a setting of the server, the role or the URL"
    case "57P01":
      "an administrator ended the session or stopped the server; nb db ping --wait waits for it"
    case "57P02", "57P03": "the server was stopped; nb db ping --wait waits for it"
    case "42501": "the role needs the privilege (GRANT), or connect as another user"
    case "53100": "free some space on the server's disk"
    default: nil
    }
  }

  /// A write that a read-only transaction refused; `query` says it as it does everywhere.
  private func explainReadOnly(_ error: inout AdapterError) {
    guard error.code == "25006" || error.code == "25001" && access == .read else { return }
    if access == .read {
      error.message = "the statement writes, and query only reads"
      error.hint = "use nb db exec"
    } else if error.hint == nil {
      error.hint =
        "the server is a replica or read-only; target_session_attrs=read-write finds the primary"
    }
  }

  private func addPosition(
    of sent: SentText, _ fields: PostgreSQLDiagnostics, to error: inout AdapterError
  ) {
    error.position = sent.text.position
    if let character = fields.position, let found = sent.locate(character: character) {
      error.position = found.position
      error.details = found.excerpt
    }
  }

  /// `invalid input syntax for type integer: "x"` without what it quotes.
  static func withoutQuotedValue(_ message: String) -> String {
    guard let quote = message.firstIndex(of: "\"") else { return message }
    let kept = message[..<quote].reversed().drop { $0 == " " || $0 == ":" }
    // `value "x" is out of range for type integer` goes on behind the value.
    guard let end = message.lastIndex(of: "\""), end > quote, message[end...].count > 1 else {
      return String(kept.reversed())
    }
    return String(kept.reversed()) + message[end...].dropFirst()
  }

  private static func oneLine(_ text: String) -> String {
    text.split(separator: "\n").joined(separator: "; ")
  }

  /// The server's hints are sentences; nb's are not.
  private static func hintText(_ text: String) -> String {
    let line = oneLine(text)
    let rest = line.dropFirst()
    let isName = rest.first.map { $0.isUppercase } ?? true
    let lowered = isName ? line : line.prefix(1).lowercased() + rest
    return lowered.hasSuffix(".") ? String(lowered.dropLast()) : lowered
  }
}
