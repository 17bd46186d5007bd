import AdapterCore
import Formats
import Platform

/// The rows that a load refused: CSV with the columns line, reason and record.
///
/// A regular file appears at its path by `publish` only, so that a load that comes to nothing leaves
/// an earlier one as it was. "-" is stdout.
final class RejectFile {
  private let path: String
  /// nil for stdout and for what a rename cannot replace: a pipe, a device.
  private var file: AtomicFile?
  private var stream: FileDescriptor?
  private let buffer: OutputBuffer
  private let renderer: any RowSink
  private(set) var rowCount = 0
  /// Whether nothing of it was seen by anybody before it is finished; false for a pipe.
  let isReplaceable: Bool

  init(_ path: String, standardOutput: OutputBuffer) throws(AdapterError) {
    self.path = path
    do throws(Errno) {
      let status = try? FileStatus(path: path)
      if path == "-" {
        buffer = standardOutput
      } else if status.map({ $0.kind == .regular }) ?? true {
        let created = try AtomicFile(path)
        buffer = OutputBuffer(descriptor: created.descriptor)
        file = consume created
      } else {
        let opened = try FileDescriptor.create(path)
        buffer = OutputBuffer(descriptor: opened.rawValue)
        stream = consume opened
      }
    } catch {
      throw AdapterError(error, doing: "create", path: path)
    }
    isReplaceable = stream == nil
    renderer = OutputFormat.csv.makeRenderer(buffer)
    try renderer.begin(columns: ["line", "reason", "record"].map { Column(name: $0) })
  }

  func write(line: Int, reason: String, record: BorrowedBytes) throws(AdapterError) {
    renderer.int(Int64(line))
    renderer.push(.text(reason))
    renderer.text(record)
    try renderer.endRow()
    rowCount += 1
  }

  /// Writes out what is buffered. A full disk shows here, while the rows can still be rolled back.
  func finish() throws(AdapterError) { try renderer.finish() }

  /// Gives the finished file its name.
  func publish() throws(AdapterError) {
    guard let file = file.take() else { return }
    do throws(Errno) {
      try file.commit()
    } catch {
      throw AdapterError(error, doing: "write", path: path)
    }
  }
}
