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
  /// The settings beyond the flags; files are read when the first of them is asked for.
  public let configuration: Configuration

  public init(operation: OperationContext, output: OutputBuffer, globals: GlobalOptions) {
    self.operation = operation
    self.output = output
    self.globals = globals
    configuration = Configuration(ConfigLocations(explicitFile: globals.configFile))
  }

  /// The address that a target on the command line names, profiles and secrets resolved.
  func address(of target: String) throws(AdapterError) -> Target.Address {
    try configuration.address(of: target, operation)
  }
}
