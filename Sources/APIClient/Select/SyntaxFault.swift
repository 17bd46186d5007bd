import AdapterCore

/// What is wrong in a path or an expectation as it was typed, and where.
public struct SyntaxFault: Error, Equatable, Sendable {
  public var message: String
  /// Bytes before the fault.
  public var offset: Int

  public init(_ message: String, at offset: Int) {
    self.message = message
    self.offset = offset
  }

  /// A `usage` error that shows the text with a marker.
  ///
  /// - Parameter name: where the text was given: `--select`.
  public func error(in text: String, of name: String, topic: String) -> AdapterError {
    let excerpt = Array(text.utf8).withUnsafeBufferPointer {
      TextExcerpt.lines($0, marking: offset)
    }
    return AdapterError(
      .usage, "\(name): \(message)", hint: "see `nb help \(topic)`", details: excerpt)
  }
}
