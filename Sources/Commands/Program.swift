import AdapterCore
import CLI
import Platform
import Terminal

/// The whole program but for `exit`: argv → command → exit status.
public enum Program {
  public static let version = "0.1.0"

  /// Runs the command that the process's arguments name and returns the exit status.
  public static func run(argumentCount: Int32, arguments: Arguments.Vector) -> Int32 {
    do throws(AdapterError) {
      return run(try Arguments.decode(count: argumentCount, arguments))
    } catch {
      return report(error, globals: GlobalOptions())
    }
  }

  /// Runs the command that `arguments` name, the program's own name first.
  static func run(_ arguments: [String]) -> Int32 {
    let parser = CommandLineParser(CommandTable.catalog)
    let words =
      parser.impliedWords(programPath: arguments.first ?? "") + arguments.dropFirst()
    var globals = GlobalOptions()
    globals.errorFormat = GlobalOptions.errorFormat(
      ofUnparsed: words, environment: Environment.value)
    do throws(AdapterError) {
      switch try parser.parse(words) {
      case .version:
        try print("nb \(version)\n")
      case .help(let name, let detail):
        try print(HelpText(CommandTable.catalog).render(name, detail))
      case .incomplete(let name):
        printError(HelpText(CommandTable.catalog).overview(name))
        return ErrorKind.usage.exitStatus
      case .command(let invocation):
        globals = try GlobalOptions(invocation, environment: Environment.value)
        return dispatch(invocation, globals)
      }
      return 0
    } catch {
      return report(error, globals: globals)
    }
  }

  /// Runs one command and returns the exit status.
  private static func dispatch(_ invocation: Invocation, _ globals: GlobalOptions) -> Int32 {
    var globals = globals
    let configFile = globals.configFile
    let configuration = Configuration(ConfigLocations(explicitFile: configFile))
    do throws(AdapterError) {
      guard let command = CommandTable.command(for: invocation) else {
        throw AdapterError(.bug, "\(invocation.spec.name) is not in the command table")
      }
      if !command.isInstant { try globals.complete(from: configuration) }
      return try run(command, invocation, globals, configuration)
    } catch {
      return report(error, globals: globals)
    }
  }

  private static func run(
    _ command: any Command.Type, _ invocation: Invocation, _ globals: GlobalOptions,
    _ configuration: Configuration
  ) throws(AdapterError) -> Int32 {
    SignalDisposition.ignoreFailedWrites()
    let deadline = globals.timeout.map { Deadline.after($0) } ?? .never
    let cancellation =
      if command.isInstant {
        Cancellation()
      } else {
        try CancellationWatcher.start(deadline: deadline)
      }
    let context = makeContext(globals, configuration, cancellation, deadline)
    defer { reportStats(context, globals) }
    do throws(AdapterError) {
      try command.run(invocation, context)
      try flush(context.output)
      return 0
    } catch {
      if case .signal(let number) = context.operation.cancellation.reason,
        error.kind == .cancelled
      {
        // Who stopped it knows that, and not what was done by then.
        for detail in error.details { context.operation.note("interrupted: \(detail)") }
        dieBySignal(number)
      }
      // What was produced before the error belongs to the reader.
      if error.code != Errno.brokenPipe.name { try? context.output.flush() }
      throw context.worded(error)
    }
  }

  private static func makeContext(
    _ globals: GlobalOptions, _ configuration: Configuration, _ cancellation: Cancellation,
    _ deadline: Deadline
  ) -> CommandContext {
    let terminal = makeTerminal(globals)
    let status = StatusArea(terminal: terminal)
    let isQuiet = globals.isQuiet
    let operation = OperationContext(
      cancellation: cancellation, deadline: deadline,
      note: { line in
        if !isQuiet { status.note("nb: \(line)") }
      })
    return CommandContext(
      operation: operation, output: OutputBuffer(descriptor: 1), globals: globals,
      configuration: configuration, terminal: terminal, status: status)
  }

  private static func makeTerminal(_ globals: GlobalOptions) -> Terminal {
    switch globals.color {
    case .auto: Terminal()
    case .always: Terminal(color: true)
    case .never: Terminal(color: false)
    }
  }

  // MARK: Streams

  /// Prints an error and returns its status; ends the process for a reader that went away.
  private static func report(_ error: AdapterError, globals: GlobalOptions) -> Int32 {
    if error.code == Errno.brokenPipe.name { dieBySignal(SignalNumber.brokenPipe) }
    switch globals.errorFormat {
    case .text:
      let style = makeTerminal(globals).style(.errors)
      printError(ErrorReport.text(error, useColor: style.isEnabled))
    case .json: printError(ErrorReport.json(error))
    }
    return error.kind.exitStatus
  }

  private static func reportStats(_ context: CommandContext, _ globals: GlobalOptions) {
    context.operation.metrics.add(bytes: context.output.byteCount)
    let figures = context.operation.metrics.snapshot
    switch globals.stats {
    case nil: break
    case .text: printError(StatsReport.text(figures))
    case .json: printError(StatsReport.json(figures))
    }
  }

  private static func print(_ text: String) throws(AdapterError) {
    let output = OutputBuffer(descriptor: 1)
    output.append(text)
    try flush(output)
  }

  private static func flush(_ output: OutputBuffer) throws(AdapterError) {
    do throws(Errno) {
      try output.flush()
    } catch {
      throw AdapterError(error, doing: "write to", path: "stdout")
    }
  }

  /// Writes to stderr; there is nobody to tell when that fails.
  private static func printError(_ text: String) {
    let output = OutputBuffer(descriptor: 2, capacity: 1024)
    output.append(text)
    try? output.flush()
  }
}
