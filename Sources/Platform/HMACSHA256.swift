/// A keyed digest by SHA-256 (RFC 2104, FIPS 198-1).
public enum HMACSHA256 {
  private static let blockSize = 64

  /// The 32 bytes for a message.
  public static func digest(of message: some Sequence<UInt8>, key: [UInt8]) -> [UInt8] {
    var block = key.count > blockSize ? sha256(key) : key
    block += Array(repeating: 0, count: blockSize - block.count)
    var inner = SHA256()
    inner.update(block.map { $0 ^ 0x36 })
    inner.update(message)
    return sha256(block.map { $0 ^ 0x5C } + inner.finish())
  }

  private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }
}
