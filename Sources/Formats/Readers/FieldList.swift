import AdapterCore

/// The fields of one CSV or TSV record, as offsets into it.
struct FieldList: ~Copyable {
  struct Field {
    var start: Int
    var count: Int
    /// CSV: within quotes.
    var isQuoted: Bool
    /// Whether the bytes differ from the value's.
    var hasEscapes: Bool
  }

  private var storage: UnsafeMutablePointer<Field>
  private var capacity = 64
  private(set) var count = 0

  init() { storage = .allocate(capacity: capacity) }

  deinit { storage.deallocate() }

  subscript(index: Int) -> Field {
    @inline(__always) get { storage[index] }
  }

  mutating func removeAll() { count = 0 }

  @inline(__always)
  mutating func append(start: Int, end: Int, isQuoted: Bool = false, hasEscapes: Bool = false) {
    if count == capacity { grow() }
    storage[count] = Field(
      start: start, count: end - start, isQuoted: isQuoted, hasEscapes: hasEscapes)
    count += 1
  }

  private mutating func grow() {
    let larger = UnsafeMutablePointer<Field>.allocate(capacity: capacity * 2)
    larger.update(from: storage, count: count)
    storage.deallocate()
    storage = larger
    capacity *= 2
  }
}
