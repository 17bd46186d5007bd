import APIClient
import AdapterCore
import CLI

/// What is made of a response's content in place of printing it: records.
struct RecordSelection {
  var path: SelectPath
  var output: RecordOutputOptions

  /// nil when neither --select nor --output is given.
  init?(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    let text = invocation.string(APIFlags.select)
    guard text != nil || invocation.string(OutputFlags.output) != nil else { return nil }
    path =
      try text.map { text throws(AdapterError) in
        try SelectPath.parse(text, of: "--\(APIFlags.select.name)")
      } ?? .whole
    output = try RecordOutputOptions(invocation, context)
  }
}
