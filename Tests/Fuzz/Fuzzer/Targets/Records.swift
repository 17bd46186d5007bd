import AdapterCore
import Formats
import Platform

@Sendable func fuzzCSV(_ bytes: UnsafeBufferPointer<UInt8>) { fuzzRecords(.csv, .csv, bytes) }
@Sendable func fuzzTSV(_ bytes: UnsafeBufferPointer<UInt8>) { fuzzRecords(.tsv, .tsv, bytes) }
@Sendable func fuzzNDJSON(_ bytes: UnsafeBufferPointer<UInt8>) {
  fuzzRecords(.ndjson, .ndjson, bytes)
}

/// What a reader made of an input: the rows before the first fault, and the fault.
private struct Reading: Equatable {
  var columns: [Column] = []
  var rows: [[Value]] = []
  var error: AdapterError?

  init(_ bytes: [UInt8], _ format: InputFormat, pieces: Int, options: ReaderOptions) {
    let reader = format.makeReader(
      MemoryByteSource(bytes, pieceSize: pieces), options: options)
    let collector = RowCollector()
    do throws(AdapterError) {
      try reader.readAll(into: collector)
    } catch {
      precondition(error.kind == .data, "\(error.kind): \(error.message)")
      self.error = error
    }
    columns = collector.columns
    rows = collector.rows
  }

  /// The same rows as a file of `format`.
  func rendered(_ format: OutputFormat) -> [UInt8] {
    let output = OutputBuffer.inMemory()
    var options = RenderOptions()
    options.header = true
    let sink = format.makeRenderer(output, options: options)
    do throws(AdapterError) {
      try sink.begin(columns: columns)
      for row in rows {
        for value in row { sink.push(value) }
        try sink.endRow()
      }
      try sink.finish()
    } catch {
      preconditionFailure("rendering failed: \(error.message)")
    }
    return output.takeBytes()
  }
}

/// A file of records whose first byte chooses the size of the pieces it comes in: pieces change
/// nothing, and what was read is the same after writing and reading it again.
private func fuzzRecords(
  _ input: InputFormat, _ output: OutputFormat, _ bytes: UnsafeBufferPointer<UInt8>
) {
  guard let first = bytes.first else { return }
  let file = Array(bytes.dropFirst())
  let whole = Reading(file, input, pieces: .max, options: ReaderOptions())
  let piecewise = Reading(file, input, pieces: 1 + Int(first), options: ReaderOptions())
  precondition(whole == piecewise, "pieces change what is read")

  guard !whole.columns.isEmpty else { return }
  var options = ReaderOptions()
  options.delimiter = .byte(UInt8(ascii: ","))
  options.columnNames = whole.columns.map(\.name)
  let text = whole.rendered(output)
  let again = Reading(text, input, pieces: .max, options: options)
  precondition(again.error == nil, "cannot read back: \(again.error?.message ?? "")")
  precondition(again.rendered(output) == text, "changed by writing and reading")
  if input != .ndjson {
    precondition(again.rows == whole.rows, "rows changed by writing and reading")
  }
}
