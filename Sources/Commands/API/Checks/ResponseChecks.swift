import APIClient
import AdapterCore
import CLI
import Platform

/// `--expect`, `--until` and what goes with them.
struct ResponseChecks {
  /// What the response must be.
  var expectations: [Expectation]
  /// What is waited for.
  var conditions: [Expectation]
  /// Between two requests.
  var interval: Duration
  var reportPath: String?

  /// nil when nothing is to be checked.
  init?(_ invocation: Invocation) throws(AdapterError) {
    expectations = try Self.parse(APIFlags.expect, invocation)
    conditions = try Self.parse(APIFlags.until, invocation)
    interval = try invocation.duration(APIFlags.every) ?? .seconds(2)
    reportPath = invocation.string(APIFlags.junit)
    if invocation.string(APIFlags.every) != nil, conditions.isEmpty {
      throw AdapterError(.usage, "--every goes with --until")
    }
    guard !all.isEmpty else {
      if reportPath != nil { throw AdapterError(.usage, "--junit goes with --expect or --until") }
      return nil
    }
  }

  private static func parse(
    _ flag: FlagSpec, _ invocation: Invocation
  ) throws(AdapterError) -> [Expectation] {
    var expectations: [Expectation] = []
    for text in invocation.strings(flag) {
      expectations.append(try Expectation.parse(text, of: "--\(flag.name)"))
    }
    return expectations
  }

  private var all: [Expectation] { conditions + expectations }

  /// Whether a status of 400 or more is an error by itself no more.
  var judgesStatus: Bool { all.contains(where: \.judgesStatus) }

  var needsContent: Bool { all.contains(where: \.needsContent) }

  // MARK: After the last response

  /// Writes the report, and returns as one error all that is not as expected.
  func judge(
    _ response: ObservedResponse, of request: HTTPRequest
  ) throws(AdapterError) -> AdapterError? {
    let name = "\(request.method) \(request.url)"
    let faults = all.map { $0.fault(in: response) }
    let cases = zip(all, faults).map { JUnitReport.Case(name: $0.text, fault: $1) }
    try write(JUnitReport(name: name, time: response.time, cases: cases))
    let details = Self.details(all, faults)
    guard !details.isEmpty else { return nil }
    return AdapterError(
      .failed,
      all.count == 1
        ? "\(name) is not as expected"
        : "\(name): \(details.count) of \(all.count) expectations are not met",
      code: "HTTP \(response.head.status)", details: details)
  }

  /// Reports that there is no response to check.
  func reportFailure(_ error: AdapterError, of request: HTTPRequest) throws(AdapterError) {
    try write(
      JUnitReport(
        name: "\(request.method) \(request.url)", time: .zero,
        cases: all.map { JUnitReport.Case(name: $0.text, fault: nil) }, error: error.message))
  }

  /// A line for each expectation that is not met: `status=2xx: it is 404`.
  static func details(_ expectations: [Expectation], _ faults: [String?]) -> [String] {
    zip(expectations, faults).compactMap { expectation, fault in
      fault.map { "  \(expectation.text): \($0)" }
    }
  }

  private func write(_ report: JUnitReport) throws(AdapterError) {
    guard let reportPath else { return }
    do throws(Errno) {
      try SmallFile.replace(reportPath, with: Array(report.text.utf8), mode: 0o666)
    } catch {
      throw AdapterError(error, doing: "write", path: reportPath)
    }
  }
}
