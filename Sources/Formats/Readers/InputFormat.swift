import AdapterCore

/// A format of records that nb reads.
public enum InputFormat: String, CaseIterable, Sendable {
  case csv, tsv, ndjson
  /// One array of objects, or objects one after another over any number of lines.
  case json

  /// The format by a path's ending; nil for one that is not known.
  public init?(path: String) {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: ".") else { return nil }
    switch name[name.index(after: dot)...].lowercased() {
    case "csv": self = .csv
    case "tsv", "tab": self = .tsv
    case "ndjson", "jsonl": self = .ndjson
    case "json": self = .json
    default: return nil
    }
  }

  /// How the format writes bytes.
  public var bytesEncoding: BytesEncoding {
    switch self {
    case .csv, .tsv: .hex
    case .ndjson, .json: .base64
    }
  }

  /// Whether the first line may hold the columns' names.
  public var hasHeader: Bool { self == .csv || self == .tsv }

  public func makeReader(
    _ source: any ByteSource, options: ReaderOptions = ReaderOptions()
  ) -> any RecordReader {
    switch self {
    case .csv: CSVReader(source, options: options)
    case .tsv: TSVReader(source, options: options)
    case .ndjson: JSONRecordReader(source, framing: .lines, options: options)
    case .json: JSONRecordReader(source, framing: .documents, options: options)
    }
  }
}
