/// Base64 with padding (RFC 4648, section 4).
public enum Base64 {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// The text of some bytes.
  public static func text(of bytes: [UInt8]) -> String {
    let output = OutputBuffer.inMemory()
    bytes.withUnsafeBufferPointer { append($0, to: output) }
    return output.takeString()
  }

  public static func append(_ bytes: UnsafeBufferPointer<UInt8>, to output: OutputBuffer) {
    let length = (bytes.count + 2) / 3 * 4
    let target = output.reserve(length)
    var to = 0
    for from in stride(from: 0, to: bytes.count, by: 3) {
      let left = bytes.count - from
      let second = left > 1 ? UInt32(bytes[from + 1]) : 0
      let third = left > 2 ? UInt32(bytes[from + 2]) : 0
      let group = UInt32(bytes[from]) << 16 | second << 8 | third
      target[to] = alphabet[Int(group >> 18)]
      target[to + 1] = alphabet[Int(group >> 12 & 0x3F)]
      target[to + 2] = left > 1 ? alphabet[Int(group >> 6 & 0x3F)] : UInt8(ascii: "=")
      target[to + 3] = left > 2 ? alphabet[Int(group & 0x3F)] : UInt8(ascii: "=")
      to += 4
    }
    output.commit(length)
  }
}
