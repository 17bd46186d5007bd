/// How many columns of a terminal a text takes.
///
/// Wide and fullwidth scalars take two, combining marks and format characters none. What follows
/// U+200D (zero width joiner), and a skin tone after an emoji, is drawn into the one before;
/// U+FE0F makes a narrow symbol an emoji, which is wide. Tabs and control characters count as one:
/// they must be escaped before they are shown.
public enum DisplayWidth {
  /// The version of Unicode the widths come from.
  public static var unicodeVersion: String { DisplayWidthTable.unicodeVersion }

  /// Columns that the text takes; a byte that is not UTF-8 takes one.
  public static func of(_ utf8: UnsafeBufferPointer<UInt8>) -> Int {
    prefix(of: utf8, columns: .max).width
  }

  public static func of(_ text: String) -> Int {
    var text = text
    return text.withUTF8 { of($0) }
  }

  /// The longest prefix that takes at most `columns`: its bytes and the columns it takes.
  public static func prefix(
    of utf8: UnsafeBufferPointer<UInt8>, columns: Int
  ) -> (byteCount: Int, width: Int) {
    var offset = min(UTF8Text.asciiPrefixLength(utf8), columns)
    // The last of a run of ASCII may be the base of what follows it ("1" of a keycap).
    if offset > 0, offset < utf8.count { offset -= 1 }
    var width = offset
    var previous = Previous()
    while offset < utf8.count {
      let length = max(1, UTF8Text.sequenceLength(utf8, at: offset))
      let scalar = UTF8Text.scalar(utf8, at: offset, length: length)
      let added = length == 1 ? 1 : previous.width(adding: scalar)
      if width + added > columns { break }
      previous.note(scalar, width: added)
      width += added
      offset += length
    }
    return (offset, width)
  }

  /// What the next scalar's width depends on.
  private struct Previous {
    var scalar: UInt32 = 0
    /// The width of the last scalar that took columns.
    var baseWidth = 0

    func width(adding next: UInt32) -> Int {
      if scalar == 0x200D, baseWidth == 2 { return 0 }
      if next == 0xFE0F { return baseWidth == 1 ? 1 : 0 }
      if (0x1F3FB...0x1F3FF).contains(next), baseWidth == 2 { return 0 }
      return DisplayWidth.of(scalar: next)
    }

    mutating func note(_ next: UInt32, width: Int) {
      scalar = next
      if next == 0xFE0F { baseWidth += width } else if width > 0 { baseWidth = width }
    }
  }

  /// Columns of one scalar by itself: 0, 1 or 2.
  static func of(scalar: UInt32) -> Int {
    if scalar < 0x300 { return 1 }
    if contains(DisplayWidthTable.wide, scalar) { return 2 }
    return contains(DisplayWidthTable.zero, scalar) ? 0 : 1
  }

  private static func contains(_ ranges: [UInt32], _ scalar: UInt32) -> Bool {
    var low = 0
    var high = ranges.count / 2
    while low < high {
      let middle = (low + high) / 2
      if scalar < ranges[middle * 2] {
        high = middle
      } else if scalar > ranges[middle * 2 + 1] {
        low = middle + 1
      } else {
        return true
      }
    }
    return false
  }
}
