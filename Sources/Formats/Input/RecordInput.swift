import AdapterCore
import Platform

/// The bytes of the record being read and what was read beyond it, contiguous in one buffer.
///
/// Offsets count from the record's first byte, so they survive `fill`, which may move the bytes.
/// A reader finds the record's end first, then hands out pointers, which stay until `advance`.
final class RecordInput {
  static let chunkSize = 256 * 1024

  private let source: any ByteSource
  /// The file's name in messages; nil: none.
  let name: String?
  private let maximumRecordBytes: Int
  private var storage: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private var start = 0
  private var end = 0
  private var sourceHasEnded = false

  private(set) var bytesRead = 0
  /// The line the record begins on, from 1.
  private(set) var line = 1
  /// Characters on that line before the record.
  private var columnsBefore = 0
  /// Line ends in the record, with the one that closes it.
  var lineEnds = 0
  /// Bytes of the record with its line end.
  var recordLength = 0
  /// Bytes of the record without its line end.
  var contentLength = 0

  init(source: any ByteSource, name: String?, maximumRecordBytes: Int) {
    self.source = source
    self.name = name
    self.maximumRecordBytes = maximumRecordBytes
    capacity = RecordInput.chunkSize
    storage = .allocate(capacity: capacity)
  }

  deinit { storage.deallocate() }

  /// The record's first byte.
  var base: UnsafePointer<UInt8> { UnsafePointer(storage + start) }
  /// Bytes in the buffer from the record's first one on.
  var available: Int { end - start }
  /// The record without its line end.
  var content: BorrowedBytes { UnsafeBufferPointer(start: base, count: contentLength) }

  /// Goes on behind the record.
  func advance() {
    start += recordLength
    line += lineEnds
    recordLength = 0
    contentLength = 0
    lineEnds = 0
  }

  /// Goes on behind the record where the next one may begin on the same line.
  func advanceWithinLine() {
    let (count, tailStart) = RecordInput.lineEnds(
      in: UnsafeBufferPointer(start: base, count: recordLength))
    let tail = UnsafeBufferPointer(start: base + tailStart, count: recordLength - tailStart)
    columnsBefore = (count == 0 ? columnsBefore : 0) + UTF8Text.scalarCount(tail)
    lineEnds = count
    advance()
  }

  /// Reads more bytes behind those available; false at the end of the input.
  ///
  /// Throws `data` when the record would outgrow the limit.
  func fill() throws(AdapterError) -> Bool {
    if sourceHasEnded { return false }
    if capacity - end < RecordInput.chunkSize / 2 { try makeRoom() }
    let count = try source.read(
      into: UnsafeMutableRawBufferPointer(start: storage + end, count: capacity - end))
    sourceHasEnded = count == 0
    end += count
    bytesRead += count
    return count > 0
  }

  /// Whether the record has a byte at `offset`, reading more if need be.
  @inline(__always)
  func has(_ offset: Int) throws(AdapterError) -> Bool {
    while offset >= end - start {
      if try !fill() { return false }
    }
    return true
  }

  private func makeRoom() throws(AdapterError) {
    let count = available
    if count >= maximumRecordBytes {
      throw error("the record is longer than \(maximumRecordBytes) bytes", hint: "is a quote open?")
    }
    if count > capacity / 2 {
      let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity * 2)
      larger.update(from: storage + start, count: count)
      storage.deallocate()
      storage = larger
      capacity *= 2
    } else if start > 0 {
      // memmove: the two may overlap.
      storage.update(from: storage + start, count: count)
    }
    start = 0
    end = count
  }

  /// A `data` error at `offset` of the record; nil: of the record as a whole.
  func error(_ message: String, at offset: Int? = nil, hint: String? = nil) -> AdapterError {
    var position = SourcePosition(file: name, line: line)
    if let offset {
      let before = UnsafeBufferPointer(start: base, count: offset)
      let ends = RecordInput.lineEnds(in: before)
      position.line += ends.count
      let tail = UnsafeBufferPointer(rebasing: before[ends.lastOffset...])
      position.column = 1 + UTF8Text.scalarCount(tail) + (ends.count == 0 ? columnsBefore : 0)
    }
    return AdapterError(.data, message, position: position, hint: hint)
  }

  /// Throws unless the record's content is UTF-8.
  func requireUTF8() throws(AdapterError) {
    guard let offset = UTF8Text.firstInvalidOffset(in: content) else { return }
    throw error(
      "invalid UTF-8: byte \(CellText.hexByte(base[offset]))", at: offset,
      hint: "convert the file, for example with: iconv -f WINDOWS-1252 -t UTF-8")
  }

  /// How many line ends (LF, CR LF or CR) there are, and the offset behind the last one.
  static func lineEnds(in bytes: BorrowedBytes) -> (count: Int, lastOffset: Int) {
    var count = 0
    var lastOffset = 0
    for (offset, byte) in bytes.enumerated() where byte == 0x0A || byte == 0x0D {
      let isFirstOfPair = byte == 0x0D && offset + 1 < bytes.count && bytes[offset + 1] == 0x0A
      if !isFirstOfPair {
        count += 1
        lastOffset = offset + 1
      }
    }
    return (count, lastOffset)
  }

  /// Skips a UTF-8 byte order mark; throws `data` for the mark of UTF-16.
  func skipByteOrderMark() throws(AdapterError) {
    guard try has(1) else { return }
    if (base[0] == 0xFF && base[1] == 0xFE) || (base[0] == 0xFE && base[1] == 0xFF) {
      throw error("the input is UTF-16", hint: "convert it: iconv -f UTF-16 -t UTF-8")
    }
    if try has(2), base[0] == 0xEF, base[1] == 0xBB, base[2] == 0xBF { start += 3 }
  }
}
