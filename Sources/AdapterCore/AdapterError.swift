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
  public var kind: ErrorKind
  public var message: String
  /// The backend's own code: "SQLITE_BUSY", "23505", "HTTP 503", "ENOSPC".
  public var code: String?
  /// Where in the input or the statement; printed in front of the message.
  public var position: SourcePosition?
  public var hint: String?
  /// Further lines for a person: the statement's line with a marker, a diff, counts of what is done.
  public var details: [String]
  /// Whether the same work may succeed if it is tried again; read by `Retry` alone.
  public var isRetryable: Bool
  /// How long the other side wants to be left alone first.
  public var retryAfter: Duration?

  public init(
    _ kind: ErrorKind, _ message: String, code: String? = nil, position: SourcePosition? = nil,
    hint: String? = nil, details: [String] = [], isRetryable: Bool = false
  ) {
    self.kind = kind
    self.message = message
    self.code = code
    self.position = position
    self.hint = hint
    self.details = details
    self.isRetryable = isRetryable
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
}
