import AdapterCore
import Platform

/// What a command runs with; made once in `Main`.
public final class CommandContext {
  public let operation: OperationContext
  /// stdout: data only.
  public let output: OutputBuffer

  public init(operation: OperationContext, output: OutputBuffer) {
    self.operation = operation
    self.output = output
  }
}
