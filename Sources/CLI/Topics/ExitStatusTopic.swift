import AdapterCore

extension HelpTopic {
  static let exitStatus = HelpTopic(
    name: "exit-status", summary: "What each exit status means",
    blocks: [
      .paragraph(
        "The kind of an error alone decides the status. The same kind stands in `kind` of "
          + "`--error-format json`."),
      .definitions(
        [("0", "Done.")]
          + ErrorKind.allCases.filter { $0 != .cancelled }
          .map { ("\($0.exitStatus) \($0.rawValue)", $0.explanation) }),
      .paragraph(
        "On SIGINT and SIGTERM nb stops the running work, also on the server, removes unfinished "
          + "files, and dies by the signal, so that a calling script stops too; a shell shows 130 "
          + "or 143. When the reader of a pipe goes away nb ends silently by SIGPIPE (141)."),
      .paragraph("What a script should try again is status 75, and after a pause 69."),
    ])
}

extension ErrorKind {
  /// When it happens, as a sentence.
  var explanation: String {
    switch self {
    case .failed:
      "The backend understood and refused, or a check was not met: an SQL error, a constraint, "
        + "pending migrations."
    case .usage: "Unknown command or flag, missing or extra argument or parameter."
    case .data: "Malformed input, or a file that is no database. Says file, line and column."
    case .notFound: "No such file, table, column, migration or profile."
    case .unavailable:
      "Cannot connect, a client library is missing, or the backend cannot do this."
    case .bug: "An invariant of nb broke. Please report it."
    case .conflict: "Already exists, a precondition failed, or an applied migration was edited."
    case .io: "Local disk or pipe: disk full, read-only, read error."
    case .temporary: "Retries ran out on something that may pass: a lock, a deadlock, a failover."
    case .protocolViolation: "The peer broke its protocol."
    case .denied: "Authentication, permission or TLS verification failed."
    case .config: "A profile or a configuration file is wrong. Says file, line and key."
    case .timeout: "The time of `--timeout` passed."
    case .cancelled: "SIGINT or SIGTERM arrived; nb dies by the signal."
    }
  }
}
