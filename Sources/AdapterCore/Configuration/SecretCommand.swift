import Glibc
import Platform

/// Commands that print a secret.
enum SecretCommand {
  /// Runs `command` by the shell and returns the first line it prints; throws `failed` when it fails
  /// or prints nothing. The command itself stays out of messages: it may hold a secret.
  static func run(
    _ command: String, _ operation: OperationContext
  ) throws(AdapterError) -> Secret {
    guard let stream = popen(command, "re") else {
      throw AdapterError(.io, "cannot run the secret's command: \(Errno.current.message)")
    }
    var bytes: [UInt8] = []
    while case let byte = fgetc(stream), byte >= 0, bytes.count < 1 << 20 {
      bytes.append(UInt8(truncatingIfNeeded: byte))
    }
    let status = pclose(stream)
    try operation.cancellation.check()
    guard status == 0 else {
      throw AdapterError(
        .failed, "the secret's command failed", hint: "run it by hand to see why")
    }
    let secret = SecretReference.firstLine(bytes)
    guard secret != Secret("") else {
      throw AdapterError(.failed, "the secret's command printed nothing")
    }
    return secret
  }
}
