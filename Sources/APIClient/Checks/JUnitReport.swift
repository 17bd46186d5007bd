import AdapterCore
import Platform

/// Expectations as JUnit's XML, which CI systems show: a test case each.
public struct JUnitReport: Sendable {
  public struct Case: Sendable {
    public var name: String
    /// What is there in place of what is expected; nil when all is well.
    public var fault: String?

    public init(name: String, fault: String?) {
      self.name = name
      self.fault = fault
    }
  }

  /// What was asked: `GET https://…`.
  public var name: String
  public var time: Duration
  public var cases: [Case]
  /// Why no response could be checked at all.
  public var error: String?

  public init(name: String, time: Duration, cases: [Case], error: String? = nil) {
    self.name = name
    self.time = time
    self.cases = cases
    self.error = error
  }

  public var text: String {
    let count = cases.count
    let failures = error == nil ? cases.count { $0.fault != nil } : 0
    let totals =
      "tests=\"\(count)\" failures=\"\(failures)\" errors=\"\(error == nil ? 0 : count)\" "
      + "time=\"\(seconds)\""
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites \(totals)>\n  <testsuite name=\"\(Self.escaped(name))\" \(totals)>\n"
    for item in cases { text += line(of: item) }
    return text + "  </testsuite>\n</testsuites>\n"
  }

  private func line(of item: Case) -> String {
    let start =
      "    <testcase classname=\"\(Self.escaped(name))\" name=\"\(Self.escaped(item.name))\" "
      + "time=\"\(seconds)\""
    if let error { return "\(start)>\n      <error message=\"\(Self.escaped(error))\"/>\n\(end)" }
    guard let fault = item.fault else { return "\(start)/>\n" }
    let message = Self.escaped("\(item.name): \(fault)")
    return "\(start)>\n      <failure message=\"\(message)\"/>\n\(end)"
  }

  private var end: String { "    </testcase>\n" }

  private var seconds: String {
    let milliseconds = time.inNanoseconds / 1_000_000
    let fraction = String(milliseconds % 1000 + 1000).dropFirst()
    return "\(milliseconds / 1000).\(fraction)"
  }

  /// For an attribute; what XML 1.0 cannot hold becomes U+FFFD (section 2.2).
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\t", "\n", "\r": result += "&#\(scalar.value);"
      case "\u{0}"..."\u{1F}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
