import AdapterCore
import CZlib

/// The content of a gzip stream (RFC 1952): of all members one after the other, checksums verified.
public final class GzipSource: ByteSource {
  /// The first two bytes of every gzip stream.
  static let magic: (UInt8, UInt8) = (0x1F, 0x8B)

  private let source: any ByteSource
  private let name: String
  private let input: UnsafeMutableRawBufferPointer
  /// On the heap: zlib's state points back to it.
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private var sourceHasEnded = false
  /// Whether the bytes read so far end with a whole member.
  private var isBetweenMembers = true

  /// Reads compressed bytes from `source`, of which `prefix` was read already; `name` is for
  /// messages.
  ///
  /// Throws `unavailable` without zlib.
  public init(
    _ source: any ByteSource, prefix: UnsafeRawBufferPointer, name: String
  ) throws(AdapterError) {
    self.source = source
    self.name = name
    stream.initialize(to: z_stream())
    input = .allocate(byteCount: max(64 * 1024, prefix.count), alignment: 16)
    input.copyMemory(from: prefix)
    stream.pointee.next_in = input.assumingMemoryBound(to: UInt8.self).baseAddress
    stream.pointee.avail_in = UInt32(prefix.count)
    try Zlib.library.require()
    guard nb_inflate_init_gzip(stream) == Z_OK else {
      throw AdapterError(.io, "cannot read \(name): zlib could not allocate its state")
    }
  }

  deinit {
    // There is no state when zlib is missing; then nothing of it may be called.
    if stream.pointee.state != nil { inflateEnd(stream) }
    stream.deallocate()
    input.deallocate()
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int {
    guard !buffer.isEmpty else { return 0 }
    let capacity = min(buffer.count, Int(UInt32.max))
    stream.pointee.next_out = buffer.assumingMemoryBound(to: UInt8.self).baseAddress
    stream.pointee.avail_out = UInt32(capacity)
    while Int(stream.pointee.avail_out) == capacity {
      if stream.pointee.avail_in == 0 && !sourceHasEnded { try fill() }
      if isBetweenMembers {
        guard try beginMember() else { return 0 }
      }
      try inflateSome()
    }
    return capacity - Int(stream.pointee.avail_out)
  }

  private func fill() throws(AdapterError) {
    let count = try source.read(into: input)
    sourceHasEnded = count == 0
    stream.pointee.next_in = input.assumingMemoryBound(to: UInt8.self).baseAddress
    stream.pointee.avail_in = UInt32(count)
  }

  /// False at the end of the input. Zero bytes between members and behind the last one are padding.
  private func beginMember() throws(AdapterError) -> Bool {
    while true {
      if stream.pointee.avail_in == 0 {
        if sourceHasEnded { return false }
        try fill()
      } else if stream.pointee.next_in.pointee == 0 {
        stream.pointee.next_in += 1
        stream.pointee.avail_in -= 1
      } else {
        isBetweenMembers = false
        return true
      }
    }
  }

  private func inflateSome() throws(AdapterError) {
    let status = inflate(stream, Z_NO_FLUSH)
    switch status {
    case Z_OK: break
    case Z_STREAM_END:
      inflateReset(stream)
      isBetweenMembers = true
    case Z_BUF_ERROR where sourceHasEnded:
      throw damaged("it ends early", hint: "is the file complete?")
    case Z_BUF_ERROR: break
    case Z_MEM_ERROR:
      throw AdapterError(.io, "cannot read \(name): zlib is out of memory")
    default:
      throw damaged(
        stream.pointee.msg.map { String(cString: $0) } ?? "zlib reports \(status)",
        hint: "check it with: gzip -t")
    }
  }

  private func damaged(_ reason: String, hint: String) -> AdapterError {
    AdapterError(.data, "cannot decompress \(name): \(reason)", hint: hint)
  }
}
