import APIClient
import AdapterCore

/// Statuses as `--allow-status` names them: `404`, `4xx`, several with commas.
struct StatusPatterns {
  private let patterns: [String]

  init(_ texts: [String]) throws(AdapterError) {
    patterns = texts.flatMap { $0.split(separator: ",").map(String.init) }
    for pattern in patterns where !StatusPattern.isValid(pattern) {
      throw AdapterError(
        .usage, "'\(pattern)' is no status", hint: "write 404, 4xx, or 404,409")
    }
  }

  func contains(_ status: Int) -> Bool {
    patterns.contains { StatusPattern.matches($0, status) }
  }
}
