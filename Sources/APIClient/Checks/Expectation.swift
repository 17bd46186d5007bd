import AdapterCore
import JSON
import Platform

/// What a response is expected to be: one `--expect` or `--until`.
public struct Expectation: Sendable {
  public enum Subject: Sendable {
    case status
    case header(String)
    /// Until the whole response was there.
    case time
    /// Bytes of the content, decoded.
    case size
    case body
    /// A value of the content.
    case path(SelectPath)
  }

  public enum Test: Sendable {
    /// There is one; for a value of the content also not null.
    case exists
    case isMissing
    case compares(Comparison)
    /// `2xx`, `404`; several of which one must fit.
    case hasStatus([String], isNegated: Bool)
    /// Milliseconds or bytes.
    case measures(Comparison.Operation, Double)
  }

  /// As it was typed.
  public let text: String
  public let subject: Subject
  public let test: Test

  /// Reads an expectation; throws `usage` with a marker below what is wrong.
  ///
  /// - Parameter name: where it was given: `--expect`.
  public static func parse(_ text: String, of name: String) throws(AdapterError) -> Expectation {
    do throws(SyntaxFault) {
      var parser = ExpectationParser(text)
      return try parser.parse()
    } catch {
      throw error.error(in: text, of: name, topic: "expectations")
    }
  }

  /// Whether it needs the content to be kept.
  public var needsContent: Bool {
    switch subject {
    case .body, .path: true
    default: false
    }
  }

  /// Whether it is about the status, so that the status is no error by itself.
  public var judgesStatus: Bool { if case .status = subject { true } else { false } }

  // MARK: Checking

  /// What is there in place of what is expected: "it is 404"; nil when all is well.
  public func fault(in response: ObservedResponse) -> String? {
    switch subject {
    case .status: return statusFault(response.head.status)
    case .header(let name): return headerFault(response.head.headers.values(name))
    case .time:
      return measureFault(response.milliseconds, "it took \(response.roundedMilliseconds) ms")
    case .size:
      return measureFault(Double(response.byteCount), "it has \(response.byteCount) bytes")
    case .body: return response.withContent { bodyFault($0) }
    case .path(let path):
      return response.withDocument { document in
        guard let document else { return response.withContent { Self.noJSON($0) } }
        return pathFault(path, document)
      }
    }
  }

  private func statusFault(_ status: Int) -> String? {
    guard case .hasStatus(let patterns, let isNegated) = test else {
      return measureFault(Double(status), "it is \(status)")
    }
    let fits = patterns.contains { StatusPattern.matches($0, status) }
    return fits == isNegated ? "it is \(status)" : nil
  }

  private func measureFault(_ value: Double, _ found: String) -> String? {
    guard case .measures(let operation, let limit) = test else { return nil }
    let holds =
      switch operation {
      case .equal: value == limit
      case .notEqual: value != limit
      case .less: value < limit
      case .lessOrEqual: value <= limit
      case .greater: value > limit
      case .greaterOrEqual: value >= limit
      default: false
      }
    return holds ? nil : found
  }

  /// One of several fields of that name is enough.
  private func headerFault(_ values: [String]) -> String? {
    switch test {
    case .exists: return values.isEmpty ? "there is no such field" : nil
    case .isMissing: return values.isEmpty ? nil : "it is \(Self.quoted(values[0]))"
    case .compares(let comparison):
      guard let first = values.first else {
        switch comparison.operation {
        case .notEqual, .matchesNot: return nil
        default: return "there is no such field"
        }
      }
      let holds = values.contains { value in
        var value = value
        return value.withUTF8 { comparison.holds(forText: $0) }
      }
      return holds ? nil : "it is \(Self.quoted(first))"
    default: return nil
    }
  }

  private func bodyFault(_ content: BorrowedBytes) -> String? {
    let found = content.isEmpty ? "there is no content" : "it begins with \(Self.excerpt(content))"
    switch test {
    case .exists: return content.isEmpty ? found : nil
    case .isMissing: return content.isEmpty ? nil : found
    case .compares(let comparison): return comparison.holds(forText: content) ? nil : found
    default: return nil
    }
  }

  private func pathFault(_ path: SelectPath, _ content: BorrowedBytes) -> String? {
    var condition = SelectCondition(path: path, isNegated: false, comparison: nil)
    if case .isMissing = test { condition.isNegated = true }
    if case .compares(let comparison) = test { condition.comparison = comparison }
    do throws(AdapterError) {
      let outcome = try SelectOutcome(condition, in: content)
      if outcome.isMet { return nil }
      return outcome.found.map { "it is \($0)" } ?? "there is none"
    } catch {
      return condition.isNegated ? nil : error.message
    }
  }

  private static func noJSON(_ content: BorrowedBytes) -> String {
    content.isEmpty ? "there is no content" : "the content is no JSON: \(excerpt(content))"
  }

  private static func quoted(_ text: String) -> String {
    JSONValue.string(text.count > 100 ? text.prefix(100) + "…" : text).text()
  }

  private static func excerpt(_ content: BorrowedBytes) -> String {
    let start = UnsafeBufferPointer(rebasing: content.prefix(60))
    let whole = UnsafeBufferPointer(rebasing: start[..<UTF8Text.endOfWholeCharacters(start)])
    return JSONValue.string(
      String(decoding: whole, as: UTF8.self) + (content.count > whole.count ? "…" : "")
    ).text()
  }
}
