extension String {
  /// The text with control characters written as escapes, so that data quoted in a message
  /// cannot steer a terminal; a tab stays.
  public var escapingControls: String {
    guard unicodeScalars.contains(where: \.isUnsafeControl) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case _ where scalar.isUnsafeControl:
        let digits = String(scalar.value, radix: 16)
        result += "\\x" + (digits.count < 2 ? "0" : "") + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}

extension Unicode.Scalar {
  /// C0 but tab, DEL and C1.
  fileprivate var isUnsafeControl: Bool {
    (value < 0x20 && value != 0x09) || (0x7F...0x9F).contains(value)
  }
}
