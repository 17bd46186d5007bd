import AdapterCore
import JSON
import Platform

/// How an error is printed on stderr.
public enum ErrorReport {
  /// Lines for a person: `nb: file:line:column: message`, the details, and the hint.
  public static func text(_ error: AdapterError, useColor: Bool) -> String {
    let red = useColor ? "\u{1B}[1;31m" : ""
    let cyan = useColor ? "\u{1B}[36m" : ""
    let reset = useColor ? "\u{1B}[0m" : ""
    let place = error.position.map { $0.description.escapingControls() + ": " } ?? ""
    var report = "\(red)nb:\(reset) \(place)\(error.message.escapingControls())\n"
    for line in error.details { report += line.escapingControls() + "\n" }
    if let hint = error.hint { report += "\(cyan)hint:\(reset) \(hint.escapingControls())\n" }
    return report
  }

  /// One line of JSON with the same content and the exit status.
  public static func json(_ error: AdapterError) -> String {
    let document: JSONValue = [
      "kind": .string(error.kind.rawValue),
      "status": .number(JSONNumber(Int64(error.kind.exitStatus))),
      "message": .string(error.message),
      "code": optional(error.code),
      "position": error.position.map(json) ?? .null,
      "hint": optional(error.hint),
      "details": .array(error.details.map(JSONValue.string)),
      "retryable": .bool(error.isRetryable),
    ]
    return document.text() + "\n"
  }

  private static func json(_ position: SourcePosition) -> JSONValue {
    [
      "file": optional(position.file),
      "line": .number(JSONNumber(Int64(position.line))),
      "column": position.column.map { .number(JSONNumber(Int64($0))) } ?? .null,
    ]
  }

  private static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }
}
