import APIClient
import AdapterCore

/// How a batch goes, and how it ends.
struct BatchCounts {
  /// Lines that are named one by one when they are no requests.
  static let shownLines = 10

  private(set) var succeeded = 0
  private(set) var failed = 0
  /// Of those that failed, the ones that may go well another time.
  private var passing = 0
  /// Lines that are no requests.
  private(set) var refused = 0
  private var refusedBadData = false
  /// Requests that an earlier run has done.
  var skipped = 0

  var seen: Int { succeeded + failed + refused + skipped }

  mutating func add(_ result: BatchResult) {
    guard let error = result.error else {
      succeeded += 1
      return
    }
    failed += 1
    if error.kind == .temporary { passing += 1 }
  }

  mutating func addRefused(_ error: AdapterError) {
    refused += 1
    if error.kind == .data { refusedBadData = true }
  }

  /// "2,000 requests: 1,990 went well, 8 failed, 2 lines were not sent".
  var text: String {
    var parts = ["\(succeeded) went well"]
    if failed > 0 { parts.append("\(failed) failed") }
    if refused > 0 { parts.append("\(refused) \(refused == 1 ? "line" : "lines") not sent") }
    if skipped > 0 { parts.append("\(skipped) done before") }
    return "\(seen) \(seen == 1 ? "request" : "requests"): \(parts.joined(separator: ", "))"
  }

  /// What the batch ends with; nil when all went well.
  func error(skipsDone: Bool) -> AdapterError? {
    guard failed + refused > 0 else { return nil }
    let kind: ErrorKind =
      refusedBadData
      ? .data : failed > 0 && passing == failed && refused == 0 ? .temporary : .failed
    return AdapterError(
      kind, text,
      hint: skipsDone
        ? "the same command sends again what failed"
        : "the results say why; --resume FILE keeps what is done")
  }
}
