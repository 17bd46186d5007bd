import CToml

/// A parsed TOML text: its keys with their values and places, in the order of the text.
struct TOMLDocument {
  /// A line and a column in characters, both from 1.
  struct Place: Comparable {
    var line: Int
    var column: Int

    init(_ place: nb_toml_place) {
      line = Int(place.line)
      column = Int(place.column)
    }

    static func < (left: Self, right: Self) -> Bool {
      (left.line, left.column) < (right.line, right.column)
    }
  }

  enum Kind: Equatable {
    case table, inlineTable, array, string, integer, float, boolean, date

    init(_ kind: nb_toml_kind) {
      switch kind {
      case NB_TOML_TABLE: self = .table
      case NB_TOML_INLINE_TABLE: self = .inlineTable
      case NB_TOML_ARRAY: self = .array
      case NB_TOML_STRING: self = .string
      case NB_TOML_INTEGER: self = .integer
      case NB_TOML_FLOAT: self = .float
      case NB_TOML_BOOLEAN: self = .boolean
      default: self = .date
      }
    }

    /// With its article, for messages.
    var description: String {
      switch self {
      case .table, .inlineTable: "a table"
      case .array: "an array"
      case .string: "a string"
      case .integer: "an integer"
      case .float: "a float"
      case .boolean: "a boolean"
      case .date: "a date or time"
      }
    }
  }

  struct Entry {
    var path: [String]
    var kind: Kind
    /// A string's content, a number's or boolean's text; otherwise empty.
    var value: String
    /// Where the last part of the key stands.
    var keyPlace: Place
    var valueBegin: Place
    var valueEnd: Place
  }

  let entries: [Entry]

  /// Parses `bytes`; throws `config` with the place for anything that is not TOML 1.0.
  init(_ bytes: [UInt8], file: String) throws(AdapterError) {
    let collector = Collector()
    var error = nb_toml_error()
    let isValid = bytes.withUnsafeBytes { buffer in
      nb_toml_parse(
        buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count,
        Unmanaged.passUnretained(collector).toOpaque(), collect, &error) != 0
    }
    guard isValid else {
      let message = withUnsafeBytes(of: error.message) { buffer in
        String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
      }
      let place = Place(error.place)
      throw AdapterError(
        .config, message,
        position: SourcePosition(file: file, line: place.line, column: place.column),
        hint: "settings are written key = \"text\", key = 5 or key = true, profiles [profile.NAME]")
    }
    entries = collector.entries.sorted { $0.keyPlace < $1.keyPlace }
  }

  fileprivate final class Collector {
    var entries: [Entry] = []
    var path: [String] = []
  }
}

/// The visitor of `nb_toml_parse`; its context is the collector.
private func collect(context: UnsafeMutableRawPointer?, entry: UnsafePointer<nb_toml_entry>?) {
  guard let context, let entry = entry?.pointee else { return }
  let collector = Unmanaged<TOMLDocument.Collector>.fromOpaque(context).takeUnretainedValue()
  func text(_ start: UnsafePointer<CChar>?, _ count: Int) -> String {
    String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }
  collector.path.removeLast(collector.path.count - Int(entry.depth))
  collector.path.append(text(entry.key, entry.key_length))
  let kind = TOMLDocument.Kind(entry.kind)
  collector.entries.append(
    TOMLDocument.Entry(
      path: collector.path, kind: kind,
      value: kind == .float ? entry.real.description : text(entry.value, entry.value_length),
      keyPlace: TOMLDocument.Place(entry.key_place),
      valueBegin: TOMLDocument.Place(entry.value_begin),
      valueEnd: TOMLDocument.Place(entry.value_end)))
}
