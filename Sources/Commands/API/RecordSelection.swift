import APIClient
import AdapterCore
import CLI

/// What is made of a response's content in place of printing it: records.
struct RecordSelection {
  var path: SelectPath
  var output: RecordOutputOptions
  /// Whether the responses are pages, for which somebody waits.
  var isPaged: Bool

  /// nil when neither --select nor --output is given, unless pages make one list.
  init?(
    _ invocation: Invocation, _ context: CommandContext, isPaged: Bool
  ) throws(AdapterError) {
    let text = invocation.string(APIFlags.select)
    let format = invocation.string(OutputFlags.output)
    guard text != nil || format != nil || isPaged else { return nil }
    path =
      try text.map { text throws(AdapterError) in
        try SelectPath.parse(text, of: "--\(APIFlags.select.name)")
      } ?? .whole
    output = try RecordOutputOptions(invocation, context)
    self.isPaged = isPaged
    // Nobody has named columns.
    if text == nil, format == nil, try context.configuration.value(of: .output) == nil {
      output.format = .ndjson
    }
  }
}
