import AdapterCore
import CLI

/// `nb doctor`
enum DoctorCommand: Command {
  struct Options {}

  static let spec = CommandSpec(
    path: ["doctor"], summary: "Show which client libraries are present and what they serve")

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options { Options() }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {}
}
