import AdapterCore
import Glibc
import Platform

/// CSV (RFC 4180).
///
/// NULL is an empty field, the empty string `""`. Fields are quoted only where they must be; in the
/// first record also where they would mislead a reader that guesses the delimiter from it. Bytes are
/// written as `\x` and hexadecimal digits, JSON as its text.
struct CSVFormat: DelimitedFormat {
  static let hasHeader = true

  let delimiter: UInt8
  /// Finds what makes quotes necessary.
  private let finder: ByteFinder

  init(_ options: RenderOptions) {
    delimiter = options.delimiter
    finder = ByteFinder(options.delimiter, UInt8(ascii: "\""), 0x0A, 0x0D)
  }

  @inline(__always)
  func appendNull(to output: OutputBuffer) {}

  func appendBytes(_ value: BorrowedBytes, to output: OutputBuffer) {
    CellText.appendHex(value, to: output)
  }

  @inline(__always)
  func appendText(_ utf8: BorrowedBytes, to output: OutputBuffer) {
    guard let base = utf8.baseAddress, !utf8.isEmpty else { return output.append("\"\"") }
    if finder.firstOffset(in: base, from: 0, to: utf8.count) == utf8.count {
      output.append(utf8)
    } else {
      quote(utf8, to: output)
    }
  }

  func appendFirstText(_ utf8: BorrowedBytes, to output: OutputBuffer) {
    if isMisleading(utf8) { quote(utf8, to: output) } else { appendText(utf8, to: output) }
  }

  /// Whether a first record with this text may be taken for one with another delimiter, for the line
  /// `sep=;`, or for a byte order mark.
  private func isMisleading(_ utf8: BorrowedBytes) -> Bool {
    utf8.contains(where: CSVReader.delimiters.contains) || utf8.starts(with: "sep=".utf8)
      || utf8.starts(with: [0xEF, 0xBB, 0xBF])
  }

  func appendPrintable(_ utf8: BorrowedBytes, to output: OutputBuffer) {
    let escaped = OutputBuffer.inMemory()
    PrintableText.append(utf8, to: escaped)
    quote(escaped.collected, to: output)
  }

  private func quote(_ utf8: BorrowedBytes, to output: OutputBuffer) {
    output.append(CSVReader.quote)
    var rest = utf8
    while let base = rest.baseAddress,
      let quote = memchr(base, Int32(CSVReader.quote), rest.count)
    {
      let count = UnsafeRawPointer(base).distance(to: quote) + 1
      output.append(UnsafeBufferPointer(start: base, count: count))
      output.append(CSVReader.quote)
      rest = UnsafeBufferPointer(start: base + count, count: rest.count - count)
    }
    output.append(rest)
    output.append(CSVReader.quote)
  }
}
