import Platform

/// Commands that print a secret.
enum SecretCommand {
  /// More than any key; a command that prints on and on must not fill the memory.
  private static let limit = 1 << 20

  /// Runs `command` by the shell and returns the first line it prints; throws `failed` when it fails
  /// or prints nothing, `cancelled` or `timeout` when the operation must stop. The command itself
  /// stays out of messages: it may hold a secret.
  static func run(
    _ command: String, _ operation: OperationContext
  ) throws(AdapterError) -> Secret {
    switch try capture(command, operation) {
    case .ended(.exited(0), let output):
      let secret = SecretReference.firstLine(output)
      if secret != Secret("") { return secret }
      throw AdapterError(.failed, "the secret's command printed nothing")
    case .ended(let end, _):
      // Ctrl-C ends the command as well as nb.
      try operation.cancellation.check()
      throw AdapterError(
        .failed, "the secret's command \(description(of: end))",
        hint: "run it by hand to see why")
    case .tooLong:
      throw AdapterError(.failed, "the secret's command printed more than \(limit) bytes")
    case .timedOut, .woken:
      throw operation.stopError
    }
  }

  private static func capture(
    _ command: String, _ operation: OperationContext
  ) throws(AdapterError) -> ShellCommand.Outcome {
    operation.cancellation.watch()
    do throws(Errno) {
      return try ShellCommand.capture(
        command, limit: limit, until: operation.deadline.instant,
        wake: operation.cancellation.wakeEvent)
    } catch {
      throw AdapterError(
        .io, "cannot run the secret's command: \(error.message)", code: error.name)
    }
  }

  private static func description(of end: ChildProcess.End) -> String {
    switch end {
    case .exited(let status): "failed with exit status \(status)"
    case .signalled(let number): "was ended by signal \(number)"
    }
  }
}
