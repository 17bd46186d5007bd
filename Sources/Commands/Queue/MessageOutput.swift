import AdapterCore
import CLI
import Formats
import Platform
import Queues

/// How messages are printed: as records, or the bodies alone.
struct MessageOutput {
  enum Form {
    case records(RecordOutputOptions)
    /// Bodies byte for byte, each followed by these bytes.
    case bodies(end: [UInt8])
  }

  static let output = FlagSpec(
    "output", short: "o", .value(name: "FORMAT"),
    choices: OutputFlags.output.choices + [Choice("raw", "the bodies alone, byte for byte")],
    group: .output, summary: "Print messages in this format",
    details: """
      A body that is no UTF-8 is base64, and encoding says so. Raw prints nothing between the bodies \
      unless --end says what.
      """, environment: "NB_OUTPUT", defaultText: "ndjson")

  static let end = FlagSpec(
    "end", .value(name: "WHAT"),
    choices: [
      Choice("none", "nothing"), Choice("line", "a line feed"), Choice("nul", "a NUL byte"),
    ], group: .output, summary: "What -o raw prints behind each body", defaultText: "none")

  static let outputOfReply = FlagSpec(
    "output", short: "o", .value(name: "FORMAT"), choices: output.choices, group: .output,
    summary: "Print the reply in this format", environment: "NB_OUTPUT", defaultText: "raw")

  static let flags = [output, end, OutputFlags.header]

  let form: Form

  init(
    _ invocation: Invocation, _ context: CommandContext, isReply: Bool = false
  ) throws(AdapterError) {
    let name =
      invocation.string(Self.output) ?? Environment.nonEmptyValue("NB_OUTPUT")
      ?? (isReply ? "raw" : nil)
    let end = invocation.string(Self.end)
    guard name != "raw" else {
      form = .bodies(end: end == "line" ? [0x0A] : end == "nul" ? [0] : [])
      return
    }
    guard end == nil else {
      throw AdapterError(.usage, "--end goes with -o raw")
    }
    var options = try RecordOutputOptions(invocation, context, takesHeader: !isReply)
    // A table or TSV would be the default of other records; messages come one by one, and have
    // nested parts.
    if name == nil { options.format = .ndjson }
    form = .records(options)
  }
}

/// Prints messages, each as it comes.
final class MessagePrinter {
  private let context: CommandContext
  private let sink: (any RowSink)?
  private let end: [UInt8]

  init(_ output: MessageOutput, _ context: CommandContext) {
    self.context = context
    switch output.form {
    case .records(let options):
      sink = context.makeRowSink(options)
      end = []
    case .bodies(let end):
      sink = nil
      self.end = end
    }
  }

  func begin() throws(AdapterError) { try sink?.begin(columns: MessageRecord.columns()) }

  func print(_ delivery: Delivery) throws(AdapterError) {
    context.operation.metrics.recordFirstRow()
    context.operation.metrics.add(rows: 1)
    if let sink {
      MessageRecord.push(delivery, to: sink)
      try sink.endRow()
    } else {
      delivery.message.body.withUnsafeBufferPointer { context.output.append($0) }
      end.withUnsafeBufferPointer { context.output.append($0) }
    }
    try context.flushIfFull()
  }

  /// Lets go of all that was printed: it has left nb when this returns.
  func flush() throws(AdapterError) {
    try sink?.releaseRows()
    try context.flush()
  }

  func finish() throws(AdapterError) { try sink?.finish() }
}
