import Foundation
import Platform
import Testing

/// Debian's unicode-data holds the files that the table was made from.
private let database = "/usr/share/unicode"
private let hasDatabase = FileManager.default.fileExists(atPath: database + "/EastAsianWidth.txt")

@Suite struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("日本", 4), ("ｱ", 1), ("Ａ", 2), ("😀", 2),
    ("👍🏽", 2), ("👩‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("❤", 1), ("❤️", 2), ("1️⃣", 2), ("a1️⃣b", 4), ("한국", 4),
    ("\u{1112}\u{1161}\u{11AB}", 2), ("a\u{200B}b", 2), ("ไทย", 3), ("नमस्ते", 4), ("a\u{AD}b", 3),
  ])
  func countsColumns(_ text: String, _ columns: Int) {
    #expect(DisplayWidth.of(text) == columns)
  }

  @Test func stopsBeforeTheCharacterThatDoesNotFit() {
    func prefix(_ text: String, _ columns: Int) -> String {
      var text = text
      return text.withUTF8 {
        String(
          decoding: $0[..<DisplayWidth.prefix(of: $0, columns: columns).byteCount], as: UTF8.self)
      }
    }
    #expect(prefix("abcdef", 3) == "abc")
    #expect(prefix("日本語", 3) == "日")
    #expect(prefix("日本語", 4) == "日本")
    #expect(prefix("e\u{301}x", 1) == "e\u{301}")
    #expect(prefix("ab", 9) == "ab")
    #expect(prefix("ab", 0) == "")
  }

  @Test func takesBytesThatAreNotUTF8ForOneColumnEach() {
    [0x61, 0xFF, 0xE2, 0x82].withUnsafeBufferPointer { #expect(DisplayWidth.of($0) == 4) }
  }

  // Skipped, and reported as skipped, where Debian's package unicode-data is not installed.
  @Test(.enabled(if: hasDatabase, "unicode-data is not installed"))
  func agreesWithTheUnicodeDatabase() throws {
    for (range, fields) in try records("EastAsianWidth.txt") where ["W", "F"].contains(fields[0]) {
      for value in range where !isZeroWidth(value) {
        guard let scalar = UnicodeScalar(value) else { continue }
        #expect(DisplayWidth.of(String(Character(scalar))) == 2, "U+\(String(value, radix: 16))")
      }
    }
    for (range, fields) in try records("UnicodeData.txt") where ["Mn", "Me"].contains(fields[1]) {
      guard let scalar = UnicodeScalar(range.lowerBound), scalar.value != 0xFE0F else { continue }
      #expect(DisplayWidth.of("a" + String(Character(scalar))) == 1, "\(scalar.value)")
    }
  }

  /// Wide by East_Asian_Width, but drawn over what stands before.
  private func isZeroWidth(_ value: UInt32) -> Bool {
    UnicodeScalar(value).map {
      [.nonspacingMark, .enclosingMark].contains($0.properties.generalCategory)
    } ?? false
  }

  private func records(_ file: String) throws -> [(ClosedRange<UInt32>, [String])] {
    try String(contentsOfFile: "\(database)/\(file)", encoding: .utf8).split(separator: "\n")
      .compactMap { line in
        let data = line.prefix { $0 != "#" }
        let fields = data.split(separator: ";", omittingEmptySubsequences: false)
          .map { $0.trimmingCharacters(in: .whitespaces) }
        let ends = fields[0].components(separatedBy: "..").compactMap { UInt32($0, radix: 16) }
        guard let first = ends.first, let last = ends.last else { return nil }
        return (first...last, Array(fields.dropFirst()))
      }
  }
}
