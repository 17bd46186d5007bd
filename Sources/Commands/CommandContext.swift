import AdapterCore
import CLI
import Platform

/// What a command runs with; made once in `Program`.
public final class CommandContext {
  public let operation: OperationContext
  /// stdout: data only.
  public let output: OutputBuffer
  /// The values of the global flags.
  public let globals: GlobalOptions

  public init(operation: OperationContext, output: OutputBuffer, globals: GlobalOptions) {
    self.operation = operation
    self.output = output
    self.globals = globals
  }
}
