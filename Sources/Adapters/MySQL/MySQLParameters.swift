import AdapterCore
import CMariaDB

/// The values of a statement's placeholders, in the form that mysql_stmt_bind_param takes.
///
/// A slot is bound once however often it occurs; the server's `?` are its occurrences.
final class MySQLParameters {
  /// Per slot; `buffer` points to `numbers[slot]`, to `owned[slot]`, or to what the caller lends.
  private var slots: [MYSQL_BIND]
  private let numbers: UnsafeMutablePointer<Int64>
  private var owned: [UnsafeMutableRawPointer?]
  private let occurrences: [Int]
  private let binds: UnsafeMutablePointer<MYSQL_BIND>

  init(slots count: Int, occurrences: [Int]) {
    var null = MYSQL_BIND()
    null.buffer_type = MYSQL_TYPE_NULL
    slots = Array(repeating: null, count: count)
    owned = Array(repeating: nil, count: count)
    self.occurrences = occurrences
    numbers = .allocate(capacity: max(1, count))
    numbers.initialize(repeating: 0, count: max(1, count))
    binds = .allocate(capacity: max(1, occurrences.count))
    binds.initialize(repeating: null, count: max(1, occurrences.count))
  }

  deinit {
    for memory in owned { memory?.deallocate() }
    numbers.deallocate()
    binds.deallocate()
  }

  func bind(_ value: Value, at slot: Int) {
    switch value {
    case .null: bind(MYSQL_TYPE_NULL, nil, 0, at: slot)
    case .bool(let flag): bind(number: flag ? 1 : 0, MYSQL_TYPE_LONGLONG, at: slot)
    case .int(let number): bind(number: number, MYSQL_TYPE_LONGLONG, at: slot)
    case .double(let number):
      bind(number: Int64(bitPattern: number.bitPattern), MYSQL_TYPE_DOUBLE, at: slot)
    case .decimal(var text): text.withUTF8 { bind(copyOf: $0, MYSQL_TYPE_NEWDECIMAL, at: slot) }
    case .text(var text), .json(var text):
      text.withUTF8 { bind(copyOf: $0, MYSQL_TYPE_STRING, at: slot) }
    case .bytes(let bytes):
      bytes.withUnsafeBufferPointer { bind(copyOf: $0, MYSQL_TYPE_BLOB, at: slot) }
    }
  }

  /// Binds bytes that stay valid until the statement has run.
  func bind(borrowed bytes: BorrowedBytes, as type: enum_field_types, at slot: Int) {
    bind(type, UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count, at: slot)
  }

  private func bind(number: Int64, _ type: enum_field_types, at slot: Int) {
    numbers[slot] = number
    bind(type, UnsafeMutableRawPointer(numbers + slot), 8, at: slot)
  }

  func bind(copyOf bytes: BorrowedBytes, _ type: enum_field_types, at slot: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, bytes.count), alignment: 1)
    memory.copyBytes(from: bytes)
    bind(type, memory.baseAddress, bytes.count, at: slot)
    owned[slot] = memory.baseAddress
  }

  private func bind(
    _ type: enum_field_types, _ start: UnsafeMutableRawPointer?, _ count: Int, at slot: Int
  ) {
    owned[slot]?.deallocate()
    owned[slot] = nil
    slots[slot].buffer_type = type
    // An empty buffer has no address, which libmariadb would take for NULL.
    slots[slot].buffer = start ?? UnsafeMutableRawPointer(numbers + slot)
    slots[slot].buffer_length = UInt(count)
  }

  /// Values are sent ahead of the statement, in pieces of this, once all together are longer: they
  /// may then be longer than the packet that the server allows, each of them alone not.
  private static let pieceSize = 256 << 10
  /// Values that are never worth a packet of their own.
  private static let alwaysInline = 1 << 10

  /// Hands the values to a statement (mysql_stmt_bind_param); false when it fails.
  func apply(to statement: UnsafeMutablePointer<MYSQL_STMT>) -> Bool {
    guard !occurrences.isEmpty else { return true }
    for (index, slot) in occurrences.enumerated() { binds[index] = slots[slot] }
    guard mysql_stmt_bind_param(statement, binds) == 0 else { return false }
    let size = occurrences.indices.reduce(0) { $0 + Int(binds[$1].buffer_length) }
    guard size > Self.pieceSize else { return true }
    for index in occurrences.indices where binds[index].buffer_length > Self.alwaysInline {
      guard sendAhead(index, of: statement) else { return false }
    }
    return true
  }

  private func sendAhead(_ index: Int, of statement: UnsafeMutablePointer<MYSQL_STMT>) -> Bool {
    var rest = UnsafeRawBufferPointer(
      start: binds[index].buffer, count: Int(binds[index].buffer_length))
    while !rest.isEmpty {
      let piece = rest.prefix(Self.pieceSize)
      let start = piece.bindMemory(to: CChar.self).baseAddress
      guard mysql_stmt_send_long_data(statement, UInt32(index), start, UInt(piece.count)) == 0
      else { return false }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(piece.count))
    }
    return true
  }
}
