import Glibc

/// A byte buffer in front of a file descriptor: the one way bytes leave nb in bulk.
///
/// Appending never throws; bytes go out when the buffer is full (`flushIfFull`, called once a row), on
/// `flush`, and with a piece of a mebibyte or more, which is not copied. It grows past its capacity only
/// when a single row is larger than the rest of it.
public final class OutputBuffer {
  public static let defaultCapacity = 64 * 1024

  /// Where the bytes go; -1 collects them in memory (`takeBytes`).
  public let descriptor: Int32
  /// Bytes already written to the descriptor.
  public private(set) var flushedByteCount = 0

  /// Whether the end of a result is no reason to write it out: what is not written can be taken back.
  public var holdsBack = false

  @usableFromInline var storage: UnsafeMutablePointer<UInt8>
  @usableFromInline var capacity: Int
  @usableFromInline var used = 0
  /// From how many bytes on what is collected goes out between rows.
  private(set) var threshold: Int
  /// From how many bytes on a piece goes out at once, without being copied. In bytes.
  @usableFromInline static let largePiece = 1 << 20
  /// Why a large piece could not be written; thrown by the next flush.
  private var failure: Errno?

  public init(descriptor: Int32, capacity: Int = OutputBuffer.defaultCapacity) {
    self.descriptor = descriptor
    self.capacity = capacity
    threshold = capacity - capacity / 8
    storage = Self.resized(nil, to: capacity)
  }

  /// A buffer that only collects, for tests and for small renderings.
  public static func inMemory() -> OutputBuffer { OutputBuffer(descriptor: -1, capacity: 1024) }

  deinit { free(storage) }

  /// Bytes appended so far, written or not.
  public var byteCount: Int { flushedByteCount + used }

  /// Makes room for `count` more bytes and returns where they go; follow with `commit`.
  @inlinable
  public func reserve(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    if used &+ count > capacity { grow(by: count) }
    return storage + used
  }

  /// Counts `count` bytes written to what `reserve` returned.
  @inlinable
  public func commit(_ count: Int) { used &+= count }

  @inlinable
  public func append(_ byte: UInt8) {
    reserve(1).pointee = byte
    used &+= 1
  }

  @inlinable
  public func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    if bytes.count >= Self.largePiece, writes(bytes) { return }
    reserve(bytes.count).update(from: source, count: bytes.count)
    used &+= bytes.count
  }

  /// Writes a large piece out, behind what is collected; false when it is to be collected too.
  @usableFromInline func writes(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard descriptor >= 0, !holdsBack, failure == nil else { return failure != nil }
    do throws(Errno) {
      try flush()
      try writeAll(UnsafeRawBufferPointer(bytes), to: descriptor)
      flushedByteCount += bytes.count
    } catch {
      failure = error
      threshold = 0
    }
    return true
  }

  @inlinable
  public func append(_ literal: StaticString) {
    append(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
  }

  // Disfavoured, so that a literal is a StaticString: no String is made for it.
  @_disfavoredOverload
  public func append(_ text: String) {
    var text = text
    text.withUTF8 { append($0) }
  }

  /// Appends the decimal digits of `value`.
  @inlinable
  public func append(_ value: Int64) {
    // 20 bytes hold any Int64 with its sign; digits are made from the right.
    let room = reserve(20)
    var magnitude = value.magnitude
    var position = 20
    repeat {
      let (quotient, digit) = magnitude.quotientAndRemainder(dividingBy: 10)
      position &-= 1
      room[position] = UInt8(truncatingIfNeeded: digit) &+ 0x30
      magnitude = quotient
    } while magnitude != 0
    if value < 0 {
      position &-= 1
      room[position] = 0x2D
    }
    let count = 20 &- position
    memmove(room, room + position, count)
    used &+= count
  }

  /// Appends two digits in lower case for each byte.
  public func append(hexDigitsOf bytes: UnsafeBufferPointer<UInt8>) {
    let target = reserve(bytes.count * 2)
    for (index, byte) in bytes.enumerated() {
      target[index * 2] = Self.hexDigit(byte >> 4)
      target[index * 2 + 1] = Self.hexDigit(byte & 0xF)
    }
    commit(bytes.count * 2)
  }

  public func append(hexDigitsOf byte: UInt8) {
    append(Self.hexDigit(byte >> 4))
    append(Self.hexDigit(byte & 0xF))
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// Writes out when little room is left. Call it between rows.
  @inlinable
  public func flushIfFull() throws(Errno) {
    if used >= flushThreshold { try flush() }
  }

  @usableFromInline var flushThreshold: Int { descriptor < 0 ? Int.max : threshold }

  /// Writes everything out.
  public func flush() throws(Errno) {
    if let failure { throw failure }
    guard descriptor >= 0, used > 0 else { return }
    let count = used
    used = 0
    try writeAll(UnsafeRawBufferPointer(start: storage, count: count), to: descriptor)
    flushedByteCount += count
  }

  /// The bytes collected and not yet flushed, borrowed until the next append.
  public var collected: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: storage, count: used)
  }

  /// Forgets the bytes not yet flushed, all or those behind the first `count`.
  public func removeAll(behind count: Int = 0) { used = min(used, count) }

  /// Forgets the first bytes not yet flushed.
  public func removeFirst(_ count: Int) {
    let count = min(count, used)
    used -= count
    // memmove: the two may overlap.
    storage.update(from: storage + count, count: used)
  }

  /// The bytes collected and not yet flushed; empties the buffer.
  public func takeBytes() -> [UInt8] {
    defer { used = 0 }
    return Array(UnsafeBufferPointer(start: storage, count: used))
  }

  /// The collected bytes as text; empties the buffer.
  public func takeString() -> String { String(decoding: takeBytes(), as: UTF8.self) }

  @usableFromInline func grow(by count: Int) {
    capacity = max(capacity * 2, used + count)
    storage = Self.resized(storage, to: capacity)
  }

  /// Large memory moves without being copied (realloc(3)), so that a large value is here once, and what
  /// is not written to takes none.
  private static func resized(
    _ storage: UnsafeMutablePointer<UInt8>?, to capacity: Int
  ) -> UnsafeMutablePointer<UInt8> {
    guard let memory = realloc(storage, capacity) else { fatalError("out of memory") }
    return memory.assumingMemoryBound(to: UInt8.self)
  }
}
