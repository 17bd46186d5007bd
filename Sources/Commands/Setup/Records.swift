import AdapterCore

/// A few records of text made by a command itself.
struct Records {
  private let columns: [Column]
  private var rows: [[String?]] = []

  init(_ names: [String]) { columns = names.map { Column(name: $0, kind: .text) } }

  /// One value per column; nil is NULL.
  mutating func append(_ values: String?...) { rows.append(values) }

  func push(to sink: any RowSink) throws(AdapterError) {
    try sink.begin(columns: columns)
    for row in rows {
      for value in row { sink.push(value.map(Value.text) ?? .null) }
      try sink.endRow()
    }
    try sink.finish()
  }
}
