/// Text that cannot steer the terminal it is shown on.
///
/// Shown escaped are control characters (C0, DEL, C1), the characters that turn the direction of
/// writing (Unicode's Bidi_Control), line and paragraph separators, and bytes that are no UTF-8:
/// `\n`, `\x1b`, `\u202e`, `\xff`.
public enum PrintableText {
  /// Control characters that a text may keep.
  public struct Exceptions: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let tab = Exceptions(rawValue: 1)
    public static let lineFeed = Exceptions(rawValue: 2)

    @inline(__always)
    func contains(scalar: UInt32) -> Bool {
      scalar == 0x0A ? contains(.lineFeed) : scalar == 0x09 && contains(.tab)
    }
  }

  /// Whether a text holds nothing to escape.
  public static func isPrintable(
    _ text: UnsafeBufferPointer<UInt8>, but exceptions: Exceptions = []
  ) -> Bool {
    firstOffset(in: text, from: 0, but: exceptions) == text.count
  }

  /// Appends a text with what is not printable escaped.
  ///
  /// - Parameter escape: writes one scalar, or stray byte, in the way of a format.
  public static func append(
    _ text: UnsafeBufferPointer<UInt8>, but exceptions: Exceptions = [], to output: OutputBuffer,
    escape: (UInt32, OutputBuffer) -> Void = appendEscape
  ) {
    var start = 0
    while true {
      let offset = firstOffset(in: text, from: start, but: exceptions)
      output.append(UnsafeBufferPointer(rebasing: text[start..<offset]))
      if offset == text.count { return }
      let length = max(1, UTF8Text.sequenceLength(text, at: offset))
      escape(UTF8Text.scalar(text, at: offset, length: length), output)
      start = offset + length
    }
  }

  /// Where the next scalar or byte to escape stands; the count when there is none.
  private static func firstOffset(
    in text: UnsafeBufferPointer<UInt8>, from start: Int, but exceptions: Exceptions
  ) -> Int {
    var offset = start
    while offset < text.count {
      let length = UTF8Text.sequenceLength(text, at: offset)
      if length == 0 { return offset }
      let scalar = UTF8Text.scalar(text, at: offset, length: length)
      if isUnsafe(scalar), !exceptions.contains(scalar: scalar) { return offset }
      offset += length
    }
    return offset
  }

  private static func isUnsafe(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0x20..<0x7F: false
    case ..<0x20, 0x7F..<0xA0: true
    case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  /// `\n`, `\x1b` or `\u202e`.
  public static func appendEscape(_ scalar: UInt32, to output: OutputBuffer) {
    switch scalar {
    case 0x09: output.append("\\t")
    case 0x0A: output.append("\\n")
    case 0x0D: output.append("\\r")
    case ..<0x100:
      output.append("\\x")
      output.append(hexDigitsOf: UInt8(scalar))
    default: appendJSONEscape(scalar, to: output)
    }
  }

  /// `\u202e`, as JSON has it; all that is escaped lies in the Basic Multilingual Plane.
  public static func appendJSONEscape(_ scalar: UInt32, to output: OutputBuffer) {
    output.append("\\u")
    output.append(hexDigitsOf: UInt8(truncatingIfNeeded: scalar >> 8))
    output.append(hexDigitsOf: UInt8(truncatingIfNeeded: scalar))
  }
}

extension String {
  /// The text as `PrintableText` shows it; data quoted in a message must not steer a terminal.
  public func escapingControls(but exceptions: PrintableText.Exceptions = .tab) -> String {
    var text = self
    return text.withUTF8 { bytes in
      if PrintableText.isPrintable(bytes, but: exceptions) { return self }
      let output = OutputBuffer.inMemory()
      PrintableText.append(bytes, but: exceptions, to: output)
      return output.takeString()
    }
  }
}
