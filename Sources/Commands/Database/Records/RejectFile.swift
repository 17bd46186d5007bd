import AdapterCore
import Formats
import Platform

/// The rows that a load refused: a CSV file with the columns line, reason and record.
final class RejectFile {
  private let path: String
  private let file: FileDescriptor
  private let buffer: OutputBuffer
  private let renderer: any RowSink
  private(set) var rowCount = 0

  /// Creates the file, or empties it.
  init(_ path: String) throws(AdapterError) {
    self.path = path
    do throws(Errno) {
      file = try FileDescriptor.create(path)
    } catch {
      throw AdapterError(error, doing: "create", path: path)
    }
    buffer = OutputBuffer(descriptor: file.rawValue)
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

  func close() throws(AdapterError) { try renderer.finish() }
}
