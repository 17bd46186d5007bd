import Glibc

/// The double nearest to a decimal number (IEEE 754, ties to even); infinite beyond the largest.
///
/// `text` is what JSON's grammar calls a number; zeros may lead.
public func nearestDouble(to text: UnsafeBufferPointer<UInt8>) -> Double {
  if let digits = DecimalDigits(text), let value = digits.exactDouble ?? digits.nearestDouble {
    return value
  }
  // strtod(3) rounds correctly, and wants a terminator. nb never sets a locale.
  return withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { copy in
    for (index, byte) in text.enumerated() { copy[index] = CChar(bitPattern: byte) }
    copy[text.count] = 0
    return copy.baseAddress.map { strtod($0, nil) } ?? 0
  }
}
