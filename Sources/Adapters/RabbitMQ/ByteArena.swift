import CRabbitMQ

/// Memory for what C structures point to while they are sent; taken back as a whole.
final class ByteArena {
  private static let pageBytes = 16 * 1024

  private var page: UnsafeMutableRawPointer
  private var used = 0
  /// What did not fit into the page.
  private var large: [UnsafeMutableRawPointer] = []

  init() { page = .allocate(byteCount: Self.pageBytes, alignment: 16) }

  deinit {
    reset()
    page.deallocate()
  }

  /// Takes all back that was given.
  func reset() {
    for block in large { block.deallocate() }
    large.removeAll(keepingCapacity: true)
    used = 0
  }

  private func allocate(_ count: Int) -> UnsafeMutableRawPointer {
    let start = (used + 15) & ~15
    if start + count <= Self.pageBytes {
      used = start + count
      return page + start
    }
    let block = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1), alignment: 16)
    large.append(block)
    return block
  }

  func bytes(_ text: String) -> amqp_bytes_t {
    var text = text
    return text.withUTF8 { utf8 in
      let copy = allocate(utf8.count)
      if let source = utf8.baseAddress { copy.copyMemory(from: source, byteCount: utf8.count) }
      return amqp_bytes_t(len: utf8.count, bytes: copy)
    }
  }

  // MARK: Tables

  func entry(_ key: String, _ value: String) -> amqp_table_entry_t {
    var entry = entry(key, AMQP_FIELD_KIND_UTF8)
    entry.value.value.bytes = bytes(value)
    return entry
  }

  func entry(_ key: String, _ value: Int64) -> amqp_table_entry_t {
    var entry = entry(key, AMQP_FIELD_KIND_I64)
    entry.value.value.i64 = value
    return entry
  }

  func entry(_ key: String, isSet: Bool) -> amqp_table_entry_t {
    var entry = entry(key, AMQP_FIELD_KIND_BOOLEAN)
    entry.value.value.boolean = isSet ? 1 : 0
    return entry
  }

  func entry(_ key: String, _ table: amqp_table_t) -> amqp_table_entry_t {
    var entry = entry(key, AMQP_FIELD_KIND_TABLE)
    entry.value.value.table = table
    return entry
  }

  private func entry(_ key: String, _ kind: amqp_field_value_kind_t) -> amqp_table_entry_t {
    var entry = amqp_table_entry_t()
    entry.key = bytes(key)
    entry.value.kind = UInt8(kind.rawValue)
    return entry
  }

  func table(_ entries: [amqp_table_entry_t]) -> amqp_table_t {
    guard !entries.isEmpty else { return amqp_table_t() }
    let block = allocate(entries.count * MemoryLayout<amqp_table_entry_t>.stride)
    let copy = block.bindMemory(to: amqp_table_entry_t.self, capacity: entries.count)
    for (index, entry) in entries.enumerated() { (copy + index).initialize(to: entry) }
    return amqp_table_t(num_entries: Int32(entries.count), entries: copy)
  }
}

extension amqp_bytes_t {
  var buffer: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: bytes, count: len) }
  var text: String { String(decoding: buffer, as: UTF8.self) }
}
