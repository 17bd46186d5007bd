import Platform
import Testing

@Suite struct UTF8TextTests {
  private func firstInvalid(_ bytes: [UInt8]) -> Int? {
    bytes.withUnsafeBufferPointer { UTF8Text.firstInvalidOffset(in: $0) }
  }

  @Test(
    arguments: [
      [0xC0, 0x80], [0xC1, 0xBF], [0xE0, 0x9F, 0xBF], [0xED, 0xA0, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
      [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0x80], [0xE2, 0x82], [0xFF],
      [0xF0, 0x9F, 0x98],
    ] as [[UInt8]])
  func refusesIllFormedSequencesAtEveryOffset(_ sequence: [UInt8]) {
    for offset in [0, 1, 7, 8, 15, 16, 17, 33] {
      let before = [UInt8](repeating: 0x61, count: offset)
      #expect(firstInvalid(before + sequence + [0x61]) == offset)
    }
  }

  @Test func takesEveryScalar() {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = UnicodeScalar(value) else { continue }
      let bytes = Array(String(Character(scalar)).utf8)
      bytes.withUnsafeBufferPointer {
        let length = UTF8Text.sequenceLength($0, at: 0)
        if length != bytes.count || UTF8Text.scalar($0, at: 0, length: length) != value {
          Issue.record("U+\(String(value, radix: 16))")
        }
      }
    }
  }

  @Test func findsTheFirstOfFourBytes() {
    let finder = ByteFinder(0x2C, 0x22, 0x0A, 0x0D)
    for count in 0..<40 {
      for offset in 0...count {
        var bytes = [UInt8](repeating: 0x78, count: count)
        for later in offset..<count { bytes[later] = [0x2C, 0x22, 0x0A, 0x0D][later % 4] }
        bytes.withUnsafeBufferPointer {
          guard let base = $0.baseAddress else { return }
          #expect(finder.firstOffset(in: base, from: 0, to: count) == offset)
        }
      }
    }
  }
}
