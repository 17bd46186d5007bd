import Platform

/// Commands that print a secret.
enum SecretCommand {
  /// More than any secret has.
  private static let outputLimit = 1 << 20

  /// Runs `command` by the shell and returns the first line it prints.
  ///
  /// Throws `failed` when it fails or prints nothing, `cancelled` and `timeout` as the operation
  /// does. The command itself stays out of messages: it may hold a secret.
  static func run(
    _ command: String, _ operation: OperationContext
  ) throws(AdapterError) -> Secret {
    let outcome: ShellCommand.Outcome
    do throws(Errno) {
      outcome = try ShellCommand.capture(
        command, limit: outputLimit, until: operation.deadline.instant,
        wake: operation.cancellation.wakeEvent)
    } catch {
      throw AdapterError(
        .io, "cannot run the secret's command: \(error.message)", code: error.name)
    }
    switch outcome {
    case .ended(.exited(0), let output):
      let secret = SecretReference.firstLine(output)
      guard secret != Secret("") else { throw failure("printed nothing") }
      return secret
    case .ended(.exited(let status), _): throw failure("failed with status \(status)")
    case .ended(.signalled(let number), _): throw failure("was ended by signal \(number)")
    case .tooLong: throw failure("printed more than \(outputLimit) bytes")
    case .timedOut: throw Cancellation.error(for: .timeout)
    case .woken: throw operation.cancellation.error ?? Cancellation.error(for: .timeout)
    }
  }

  private static func failure(_ what: String) -> AdapterError {
    AdapterError(
      .failed, "the secret's command \(what)", hint: "run it by hand to see what is wrong")
  }
}
