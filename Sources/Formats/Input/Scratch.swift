import AdapterCore

/// Memory for a record's unescaped cells; its bytes stay in place until the next record.
struct Scratch: ~Copyable {
  private var storage: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private var used = 0

  init() {
    capacity = 4096
    storage = .allocate(capacity: capacity)
  }

  deinit { storage.deallocate() }

  /// Begins a record that needs at most `count` bytes.
  mutating func reset(capacity count: Int) {
    used = 0
    guard count > capacity else { return }
    storage.deallocate()
    capacity = max(count, capacity * 2)
    storage = .allocate(capacity: capacity)
  }

  /// Lets `write` put bytes behind the last ones; it returns how many.
  @inline(__always)
  mutating func append(_ write: (UnsafeMutablePointer<UInt8>) -> Int) -> BorrowedBytes {
    let target = storage + used
    let count = write(target)
    used += count
    return UnsafeBufferPointer(start: target, count: count)
  }
}
