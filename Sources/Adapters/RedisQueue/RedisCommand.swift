/// A command as RESP has it: an array of strings of known length
/// (https://redis.io/docs/latest/develop/reference/protocol-spec/).
struct RedisCommand {
  private(set) var bytes: [UInt8] = []

  /// Begins a command of so many words, its name included; each is appended after that.
  init(wordCount: Int, byteCount: Int = 64) {
    bytes.reserveCapacity(byteCount + 16)
    appendHeader("*", wordCount)
  }

  init(_ words: String...) {
    self.init(wordCount: words.count)
    for word in words { append(word) }
  }

  mutating func append(_ word: String) {
    var word = word
    word.withUTF8 { append($0) }
  }

  mutating func append(_ number: Int64) { append(String(number)) }

  mutating func append(_ word: [UInt8]) { word.withUnsafeBufferPointer { append($0) } }

  mutating func append(_ word: UnsafeBufferPointer<UInt8>) {
    appendHeader("$", word.count)
    bytes.append(contentsOf: word)
    bytes.append(0x0D)
    bytes.append(0x0A)
  }

  private mutating func appendHeader(_ mark: Unicode.Scalar, _ number: Int) {
    bytes.append(UInt8(truncatingIfNeeded: mark.value))
    var divisor = 1
    while number / divisor >= 10 { divisor *= 10 }
    while divisor > 0 {
      bytes.append(UInt8(truncatingIfNeeded: 0x30 + number / divisor % 10))
      divisor /= 10
    }
    bytes.append(0x0D)
    bytes.append(0x0A)
  }
}
