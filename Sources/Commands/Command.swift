import AdapterCore
import CLI

/// A command: its interface, its options made from a command line, and what it does with them.
///
/// `Options` is the test seam: a test makes them directly and calls `run`.
public protocol Command: Sendable {
  associatedtype Options

  static var spec: CommandSpec { get }
  /// Whether it only prints something nb knows by itself: no signal needs care, no file is read.
  static var isInstant: Bool { get }
  /// Turns what was typed, the environment and the configuration into options. No effects.
  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options
  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError)
}

extension Command {
  static var isInstant: Bool { false }

  static func run(
    _ invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) {
    try run(try options(from: invocation, context), context)
  }
}
