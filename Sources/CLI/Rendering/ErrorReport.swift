import AdapterCore
import Platform

/// How an error is printed on stderr.
public enum ErrorReport {
  /// Lines for a person: `nb: file:line:column: message`, the details, and the hint.
  public static func text(_ error: AdapterError, useColor: Bool) -> String {
    let red = useColor ? "\u{1B}[1;31m" : ""
    let cyan = useColor ? "\u{1B}[36m" : ""
    let reset = useColor ? "\u{1B}[0m" : ""
    let place = error.position.map { $0.description.escapingControls + ": " } ?? ""
    var report = "\(red)nb:\(reset) \(place)\(error.message.escapingControls)\n"
    for line in error.details { report += line.escapingControls + "\n" }
    if let hint = error.hint { report += "\(cyan)hint:\(reset) \(hint.escapingControls)\n" }
    return report
  }

  /// One line of JSON with the same content and the exit status.
  public static func json(_ error: AdapterError) -> String {
    var fields = [
      "\"kind\":" + quoted(error.kind.rawValue),
      "\"status\":\(error.kind.exitStatus)",
      "\"message\":" + quoted(error.message),
      "\"code\":" + (error.code.map(quoted) ?? "null"),
    ]
    fields.append("\"position\":" + (error.position.map(json) ?? "null"))
    fields.append("\"hint\":" + (error.hint.map(quoted) ?? "null"))
    fields.append("\"details\":[" + error.details.map(quoted).joined(separator: ",") + "]")
    fields.append("\"retryable\":\(error.isRetryable)")
    return "{" + fields.joined(separator: ",") + "}\n"
  }

  private static func json(_ position: SourcePosition) -> String {
    let file = position.file.map(quoted) ?? "null"
    let column = position.column.map(String.init) ?? "null"
    return "{\"file\":\(file),\"line\":\(position.line),\"column\":\(column)}"
  }

  /// A JSON string (RFC 8259 §7).
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case "\r": result += "\\r"
      case _ where scalar.value < 0x20:
        result += scalar.value < 0x10 ? "\\u000" : "\\u00"
        result += String(scalar.value, radix: 16)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
