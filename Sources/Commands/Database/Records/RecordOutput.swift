import AdapterCore
import CLI
import Formats

/// How a command prints its records: the flags, then the configuration, then what stdout is.
struct RecordOutputOptions {
  var format: OutputFormat
  var render = RenderOptions()

  /// Throws `config` for a configuration file that is wrong; where `isLenient`, for commands that
  /// help to put that right, the file counts as empty. Where `header` means something else to the
  /// command, `takesHeader` is false.
  init(
    _ invocation: Invocation, _ context: CommandContext, isLenient: Bool = false,
    takesHeader: Bool = true
  ) throws(AdapterError) {
    let configuration =
      isLenient && (try? context.configuration.files()) == nil ? nil : context.configuration
    let terminal = context.terminal
    let isTerminal = terminal.isTerminal(.output)
    let name =
      if let given = invocation.string(OutputFlags.output) {
        given
      } else {
        try configuration?.value(of: .output)
      }
    format = name.flatMap(OutputFormat.init(rawValue:)) ?? (isTerminal ? .table : .tsv)
    render.header =
      if takesHeader, let given = invocation.toggle(OutputFlags.header) {
        given
      } else {
        try configuration?.boolean(.header)
      }
    render.forTerminal = isTerminal
    render.isStyled = terminal.style(.output).isEnabled
    render.lines = terminal.isUTF8 ? .unicode : .ascii
    render.maximumWidth = isTerminal ? terminal.size(of: .output).columns : nil
  }
}

extension CommandContext {
  /// The sink that prints records to stdout.
  func makeRowSink(_ options: RecordOutputOptions) -> any RowSink {
    options.format.makeRenderer(output, options: options.render)
  }
}
