import AdapterCore
import CLI
import Formats

/// How a command prints its records: the flags, then the configuration, then what stdout is.
struct RecordOutputOptions {
  var format: OutputFormat
  var render = RenderOptions()

  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    let terminal = context.terminal
    let isTerminal = terminal.isTerminal(.output)
    let name =
      if let given = invocation.string(OutputFlags.output) {
        given
      } else {
        try context.configuration.value(of: .output)
      }
    format = name.flatMap(OutputFormat.init(rawValue:)) ?? (isTerminal ? .table : .tsv)
    render.header =
      if let given = invocation.toggle(OutputFlags.header) {
        given
      } else {
        try context.configuration.boolean(.header)
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
