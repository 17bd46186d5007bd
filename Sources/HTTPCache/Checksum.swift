import AdapterCore

/// Tells content that was damaged on the disk from what was stored: FNV-1a in its 64-bit form over
/// words of eight bytes. No protection against intent; the files are the user's own.
struct Checksum: Equatable, Sendable {
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325
  private var pending: UInt64 = 0
  private var pendingCount: UInt64 = 0

  init() {}

  init(_ bytes: BorrowedBytes) { add(bytes) }

  mutating func add(_ bytes: BorrowedBytes) {
    var index = 0
    while index < bytes.count {
      if pendingCount == 0, bytes.count - index >= 8 {
        mix(UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index += 8
        continue
      }
      pending |= UInt64(bytes[index]) << (pendingCount * 8)
      pendingCount += 1
      index += 1
      if pendingCount == 8 {
        mix(pending)
        pending = 0
        pendingCount = 0
      }
    }
  }

  /// 16 hexadecimal digits.
  var text: String {
    var end = self
    end.mix(pending ^ pendingCount << 60)
    let digits = String(end.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private mutating func mix(_ word: UInt64) {
    value = (value ^ word) &* 0x0000_0100_0000_01b3
    value ^= value >> 32
  }
}
