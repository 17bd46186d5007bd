import AdapterCore
import Platform

/// An input that can be read again from its start, for work that is run again: a file at any size,
/// a stream as long as little was read of it.
final class RepeatableInput {
  private let path: String
  private let context: CommandContext
  /// What was read of a stream so far; nil for a file.
  private var recording: RecordingSource?

  /// - Parameter path: "-" is stdin.
  init(_ path: String, _ context: CommandContext) {
    self.path = path
    self.context = context
  }

  /// The bytes from the first one on; to be called a second time only while `isRepeatable`.
  func open() throws(AdapterError) -> any ByteSource {
    if let recording {
      recording.rewind()
      return recording
    }
    let source = try context.openBytes(path)
    guard !isFile else { return source }
    let recording = RecordingSource(source)
    self.recording = recording
    return recording
  }

  var isRepeatable: Bool { recording?.isComplete ?? true }

  private var isFile: Bool {
    path != "-" && (try? FileStatus(path: path))?.kind == .regular
  }
}

/// Keeps what it reads of another source, up to a bound.
private final class RecordingSource: ByteSource {
  private static let limit = 1 << 20

  private let source: any ByteSource
  private var recorded: [UInt8] = []
  /// Where in `recorded` the next read goes on.
  private var position = 0
  /// Whether all that was read is recorded.
  private(set) var isComplete = true

  init(_ source: any ByteSource) { self.source = source }

  func rewind() { position = 0 }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int {
    guard position == recorded.count else {
      let count = min(buffer.count, recorded.count - position)
      buffer.copyBytes(from: recorded[position..<(position + count)])
      position += count
      return count
    }
    let count = try source.read(into: buffer)
    guard isComplete else { return count }
    if recorded.count + count > Self.limit {
      isComplete = false
      recorded = []
    } else {
      recorded.append(contentsOf: buffer[..<count])
    }
    position = recorded.count
    return count
  }
}
