import AdapterCore
import Compression
import Formats

extension CommandContext {
  /// The bytes of a file, or of standard input for "-", checked for cancellation between reads.
  func openBytes(_ path: String) throws(AdapterError) -> any ByteSource {
    let cancellation = operation.cancellation
    let check: () throws(AdapterError) -> Void = { () throws(AdapterError) in
      try cancellation.check()
    }
    return path == "-"
      ? FileByteSource(borrowing: 0, name: "standard input", check: check)
      : try FileByteSource(path: path, check: check)
  }

  /// The records of a file, decompressed when it is a gzip stream.
  func openRecords(_ input: RecordInputOptions) throws(AdapterError) -> any RecordReader {
    makeReader(input, of: try openBytes(input.path))
  }

  /// The records in the bytes of an input.
  func makeReader(_ input: RecordInputOptions, of bytes: any ByteSource) -> any RecordReader {
    let source = DecompressingSource(bytes, name: input.displayName)
    return input.format.makeReader(source, options: input.reader)
  }
}

extension AdapterError {
  /// The error of a record with the record's place, unless it has one.
  func located(line: Int, in source: String?) -> AdapterError {
    var error = self
    if error.position == nil && (kind == .data || kind == .failed) {
      error.position = SourcePosition(file: source, line: line)
    }
    return error
  }

  /// The error with the lines among which the record is that is at fault, where no more is known.
  func located(lines: ClosedRange<Int>, in source: String?) -> AdapterError {
    guard lines.count > 1 else { return located(line: lines.lowerBound, in: source) }
    guard position == nil, kind == .data else { return self }
    var error = self
    error.details.append(
      "the record is one of lines \(lines.lowerBound) to \(lines.upperBound)"
        + (source.map { " of \($0)" } ?? ""))
    return error
  }

  /// The error with how many rows stay although it happened.
  func afterCommitted(_ rows: Int) -> AdapterError {
    var error = self
    if rows > 0 {
      let verb = rows == 1 ? "was" : "were"
      error.details.append("\(counted(rows, "row")) \(verb) committed before it")
    }
    return error
  }
}
