import AdapterCore
import Formats
import Platform
import Queues

/// Where messages to publish come from: one, or many.
final class MessageSource {
  enum Origin: Equatable {
    case text(String)
    case file(String)
    case standardInput
  }

  /// What divides many messages.
  enum Division: String {
    case line, nul, ndjson
  }

  /// So much is read at once; what is read at once is published together.
  private static let chunkBytes = 256 * 1024
  /// One message is held in memory whole.
  private static let maximumBytes = 1 << 30

  private let origin: Origin
  private let division: Division?
  private let template: Message
  private let operation: OperationContext
  /// Records read so far.
  private(set) var count = 0

  /// - Parameters:
  ///   - division: nil: the input is one message.
  ///   - template: what messages carry that say nothing else themselves.
  init(
    _ origin: Origin, each division: Division?, template: Message, _ operation: OperationContext
  ) {
    self.origin = origin
    self.division = division
    self.template = template
    self.operation = operation
  }

  /// Hands messages over as they come, those that came together at once, with the time at which they
  /// were published before, where their records say so.
  ///
  /// Throws `data` with the record's line for a malformed one, after those before it were handed
  /// over.
  ///
  /// - Parameter onPause: called before each wait for input that is not there yet.
  func read(
    onPause: () throws(AdapterError) -> Void = { () throws(AdapterError) in },
    _ body: ([MessageRecordReader.Record]) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    guard let division else {
      var message = template
      message.body = if case .text(let text) = origin { Array(text.utf8) } else { try readWhole() }
      return try body([.init(message: message)])
    }
    try read(division, onPause, body)
  }

  private var name: String {
    if case .file(let path) = origin { path } else { "stdin" }
  }

  private func open() throws(AdapterError) -> FileByteSource {
    let operation = operation
    let check = { () throws(AdapterError) in try operation.cancellation.check() }
    if case .file(let path) = origin { return try FileByteSource(path: path, check: check) }
    return FileByteSource(borrowing: 0, name: name, check: check)
  }

  private func readWhole() throws(AdapterError) -> [UInt8] {
    let source = try open()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkBytes, alignment: 1)
    defer { buffer.deallocate() }
    var bytes: [UInt8] = []
    // A large file would be copied again each time that the array grows.
    if case .file(let path) = origin, let status = try? FileStatus(path: path) {
      bytes.reserveCapacity(min(status.size, Self.maximumBytes) + Self.chunkBytes)
    }
    while true {
      let count = try source.read(into: buffer)
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      try checkSize(bytes.count)
    }
  }

  private func read(
    _ division: Division, _ onPause: () throws(AdapterError) -> Void,
    _ body: ([MessageRecordReader.Record]) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    let source = try open()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkBytes, alignment: 1)
    defer { buffer.deallocate() }
    var splitter = RecordSplitter(end: division == .nul ? 0 : UInt8(ascii: "\n"))
    let reader = MessageRecordReader(template: template)
    while true {
      if try !source.isReady() { try onPause() }
      let length = try source.read(into: buffer)
      var records: [MessageRecordReader.Record] = []
      var failure: AdapterError?
      do throws(AdapterError) {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<length]).bindMemory(to: UInt8.self)
        try splitter.take(bytes) { record throws(AdapterError) in
          try add(record, reader, to: &records)
        }
        if length == 0, let last = splitter.takeLast() {
          try add(last, reader, to: &records)
        }
        try checkSize(splitter.heldBytes)
      } catch {
        failure = error
      }
      if !records.isEmpty { try body(records) }
      if let failure { throw failure }
      if length == 0 { return }
    }
  }

  private func add(
    _ record: [UInt8], _ reader: MessageRecordReader, to records: inout [MessageRecordReader.Record]
  ) throws(AdapterError) {
    count += 1
    guard division == .ndjson else {
      var message = template
      message.body = record
      return records.append(.init(message: message))
    }
    let isBlank = record.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    guard !isBlank else { return }
    do throws(AdapterError) {
      records.append(try reader.read(record))
    } catch {
      var error = error
      error.position = SourcePosition(file: name, line: count)
      throw error
    }
  }

  private func checkSize(_ count: Int) throws(AdapterError) {
    guard count > Self.maximumBytes else { return }
    throw AdapterError(
      .data, "a message of \(name) is larger than 1 GiB", hint: "publish where it lies instead")
  }
}
