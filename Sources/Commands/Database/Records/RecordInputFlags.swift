import AdapterCore
import CLI
import Formats
import Platform

/// How a file of records is read: shared by `load` and `--each`.
enum RecordInputFlags {
  static let format = FlagSpec(
    "format", .value(name: "FORMAT"),
    choices: [
      Choice("csv", "comma-separated, RFC 4180"), Choice("tsv", "tab-separated, COPY's escapes"),
      Choice("ndjson", "one JSON object a line"), Choice("json", "one array of objects"),
    ],
    summary: "The format of the records", defaultText: "by the file's ending, otherwise csv")

  static let delimiter = FlagSpec(
    "delimiter", .value(name: "CHAR"), summary: "The character between CSV fields",
    details: "One ASCII character, tab, or auto for the likeliest of the first line.",
    defaultText: "auto")

  static let headerless = FlagSpec(
    "headerless", summary: "The first line is a record, not the column names",
    details: """
      Without --columns the fields are those of the table, in its order; in a new table the columns \
      are named c1, c2 and so on. A TSV file whose first line names no column of the table is read \
      so by itself.
      """)

  static let columns = FlagSpec(
    "columns", .value(name: "NAMES"), summary: "Name the columns, separated by commas",
    details: "Takes the place of the file's own header when it has one.")

  static let null = FlagSpec(
    "null", .value(name: "TEXT"), summary: "The unquoted CSV field that stands for NULL",
    details: "An empty field is then an empty text.", defaultText: "the empty field")

  static let all = [format, delimiter, headerless, columns, null]
}

/// The values of `RecordInputFlags` with the file they are for.
struct RecordInputOptions {
  /// "-" is stdin.
  var path: String
  var format: InputFormat
  var reader = ReaderOptions()

  /// Bytes of a regular file, also one that stdin comes from; nil for a pipe, and for a compressed
  /// file, whose content's size is not known.
  var size: Int? {
    guard !isCompressed, let status = try? fileStatus(), status.kind == .regular else { return nil }
    return status.size
  }

  private func fileStatus() throws(Errno) -> FileStatus {
    path == "-" ? try FileStatus(descriptor: 0) : try FileStatus(path: path)
  }

  private var isCompressed: Bool { path.hasSuffix(".gz") }

  /// For messages.
  var displayName: String { path == "-" ? "standard input" : path }

  init(path: String, _ invocation: Invocation) throws(AdapterError) {
    self.path = path
    let named = invocation.string(RecordInputFlags.format).flatMap(InputFormat.init(rawValue:))
    // A gzip file is named after what it holds: users.csv.gz.
    let inner = path.hasSuffix(".gz") ? String(path.dropLast(3)) : path
    format = named ?? InputFormat(path: inner) ?? .csv
    reader.sourceName = displayName
    reader.header = !invocation.isSet(RecordInputFlags.headerless)
    reader.delimiter = try Self.delimiter(invocation.string(RecordInputFlags.delimiter))
    if let null = invocation.string(RecordInputFlags.null) { reader.nullText = null }
    if let names = invocation.string(RecordInputFlags.columns) {
      let list = names.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard !list.contains("") else {
        throw AdapterError(.usage, "--columns has an empty name")
      }
      reader.columnNames = list
    }
  }

  /// Throws `data` when a TSV file's first line, taken for its header, cannot be one: TSV as nb and
  /// COPY write it has no header, and its first row would be lost.
  func refuseDataInPlaceOfHeader(_ header: any RecordReader) throws(AdapterError) {
    guard format == .tsv, reader.header, reader.columnNames == nil else { return }
    let fields = header.rawRecord.split(separator: 0x09, omittingEmptySubsequences: false)
    let isData = fields.contains { field in
      field.isEmpty || field.first == UInt8(ascii: "\\")
        || NumberShape(BorrowedBytes(rebasing: field)) != .none
    }
    guard isData || Set(fields.map { Array($0) }).count < fields.count else { return }
    throw AdapterError(
      .data, "the first line holds values and no column names",
      position: SourcePosition(file: displayName, line: header.line),
      hint: "--headerless reads it as a record, --columns gives the names")
  }

  private static func delimiter(_ text: String?) throws(AdapterError) -> ReaderOptions.Delimiter {
    switch text {
    case nil, "auto": return .automatic
    case "tab", "\\t": return .byte(0x09)
    case let text?:
      guard text.utf8.count == 1, let byte = text.utf8.first,
        byte < 0x80, byte != 0x22, byte != 0x0A, byte != 0x0D
      else {
        throw AdapterError(
          .usage, "--delimiter takes one ASCII character, tab or auto, not '\(text)'")
      }
      return .byte(byte)
    }
  }
}
