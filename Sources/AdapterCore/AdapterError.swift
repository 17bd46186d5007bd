import Platform

/// What kind of failure it was; the kind alone decides the exit status (DESIGN §5, sysexits(3)).
public enum ErrorKind: String, CaseIterable, Sendable {
  /// The backend understood and refused: an SQL error, a false assertion, pending migrations.
  case failed
  /// Unknown command or flag, missing or extra argument.
  case usage
  /// Malformed input, with file, line and column.
  case data
  /// No such file, table, key, queue, message or profile.
  case notFound
  /// Cannot connect; a client library is missing; the backend can't do this.
  case unavailable
  /// An invariant of nb broke.
  case bug
  /// Already exists, precondition failed, migration drift.
  case conflict
  /// Local disk or pipe.
  case io
  /// Retries ran out on something that may pass: a lock, a deadlock, a failover.
  case temporary
  /// The peer broke its protocol.
  case protocolViolation = "protocol"
  /// Authentication, permission, TLS verification.
  case denied
  /// A profile or a configuration file is wrong.
  case config
  /// The deadline passed.
  case timeout
  /// SIGINT or SIGTERM arrived; nb ends by that signal.
  case cancelled

  /// The process's exit status. `cancelled` dies by its signal instead.
  public var exitStatus: Int32 {
    switch self {
    case .failed: 1
    case .usage: 2
    case .data: 65
    case .notFound: 66
    case .unavailable: 69
    case .bug: 70
    case .conflict: 73
    case .io: 74
    case .temporary: 75
    case .protocolViolation: 76
    case .denied: 77
    case .config: 78
    case .timeout: 124
    case .cancelled: 130
    }
  }
}

/// Where in a text something stands; lines and columns count from 1, columns in characters.
public struct SourcePosition: Equatable, Sendable {
  /// The file's path, or nil for text given as an argument.
  public var file: String?
  public var line: Int
  public var column: Int?

  public init(file: String? = nil, line: Int, column: Int? = nil) {
    self.file = file
    self.line = line
    self.column = column
  }

  /// `file:line:column`, as compilers print it.
  public var description: String {
    let place = column.map { "\(line):\($0)" } ?? "\(line)"
    return file.map { "\($0):\(place)" } ?? "line \(place)"
  }
}

/// The one error type of every port and policy.
///
/// The message says what failed and where, in one line, without a bound value or a secret. The hint
/// is the next thing to try.
public struct AdapterError: Error, Equatable, Sendable {
  /// One word, for every throwing function returns it: as fields it made the executable half a
  /// megabyte larger.
  private var box: Box

  public var kind: ErrorKind {
    get { box.fields.kind }
    set { change { $0.kind = newValue } }
  }
  public var message: String {
    get { box.fields.message }
    set { change { $0.message = newValue } }
  }
  /// The backend's own code: "SQLITE_BUSY", "23505", "HTTP 503", "ENOSPC".
  public var code: String? {
    get { box.fields.code }
    set { change { $0.code = newValue } }
  }
  /// Where in the input or the statement; printed in front of the message.
  public var position: SourcePosition? {
    get { box.fields.position }
    set { change { $0.position = newValue } }
  }
  public var hint: String? {
    get { box.fields.hint }
    set { change { $0.hint = newValue } }
  }
  /// Further lines for a person: the statement's line with a marker, a diff, counts of what is done.
  public var details: [String] {
    get { box.fields.details }
    set { change { $0.details = newValue } }
  }
  /// Whether the same work may succeed if it is tried again; read by `Retry` alone.
  public var isRetryable: Bool {
    get { box.fields.isRetryable }
    set { change { $0.isRetryable = newValue } }
  }
  /// How long the other side wants to be left alone first.
  public var retryAfter: Duration? {
    get { box.fields.retryAfter }
    set { change { $0.retryAfter = newValue } }
  }

  public init(
    _ kind: ErrorKind, _ message: String, code: String? = nil, position: SourcePosition? = nil,
    hint: String? = nil, details: [String] = [], isRetryable: Bool = false
  ) {
    box = Box(
      Fields(
        kind: kind, message: message, code: code, position: position, hint: hint,
        details: details, isRetryable: isRetryable))
  }

  /// The error of a system call on a local file: `cannot open app.db: no such file or directory`.
  public init(_ errno: Errno, doing action: String, path: String, hint: String? = nil) {
    let kind: ErrorKind =
      switch errno {
      case .noSuchFile, .notDirectory: .notFound
      case .accessDenied, .notPermitted: .denied
      case .alreadyExists: .conflict
      default: .io
      }
    self.init(
      kind, "cannot \(action) \(path): \(errno.message)", code: errno.name,
      hint: hint ?? errno.hint)
  }

  /// The error of opening or reading a local file; unlike one to write, it must be there.
  public init(_ errno: Errno, reading path: String) {
    let isMissing = errno == .noSuchFile || errno == .notDirectory
    self.init(errno, doing: "read", path: path, hint: isMissing ? "check the path" : nil)
  }

  public static func == (one: Self, other: Self) -> Bool { one.box.fields == other.box.fields }

  private mutating func change(_ body: (inout Fields) -> Void) {
    var fields = box.fields
    body(&fields)
    box = Box(fields)
  }

  private struct Fields: Equatable, Sendable {
    var kind: ErrorKind
    var message: String
    var code: String?
    var position: SourcePosition?
    var hint: String?
    var details: [String]
    var isRetryable: Bool
    var retryAfter: Duration?
  }

  private final class Box: Sendable {
    let fields: Fields

    init(_ fields: Fields) { self.fields = fields }
  }
}
