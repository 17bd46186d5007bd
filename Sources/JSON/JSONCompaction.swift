import Platform

extension OutputBuffer {
  /// Appends a valid document without the whitespace between its tokens; all else stays as written.
  public func appendCompactJSON(_ document: UnsafeBufferPointer<UInt8>) {
    guard let base = document.baseAddress else { return }
    let target = reserve(document.count)
    var count = 0
    var offset = 0
    while offset < document.count {
      switch base[offset] {
      case 0x20, 0x0A, 0x0D, 0x09: offset &+= 1
      case UInt8(ascii: "\""):
        var frame = JSONFrame()
        let rest = UnsafeBufferPointer(start: base + offset, count: document.count - offset)
        let end = offset + (frame.end(in: rest, isEnd: true) ?? rest.count)
        (target + count).update(from: base + offset, count: end - offset)
        count &+= end - offset
        offset = end
      default:
        target[count] = base[offset]
        count &+= 1
        offset &+= 1
      }
    }
    commit(count)
  }
}
