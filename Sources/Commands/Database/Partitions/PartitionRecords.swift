import AdapterCore

/// Partitions as records.
enum PartitionRecords {
  private static let columns = [
    Column(name: "table", kind: .text), Column(name: "partition", kind: .text),
    Column(name: "method", kind: .text), Column(name: "from", kind: .text),
    Column(name: "to", kind: .text), Column(name: "values", kind: .text),
    Column(name: "rows", kind: .integer), Column(name: "bytes", kind: .integer),
    Column(name: "remark", kind: .text),
  ]

  static func begin(_ sink: any RowSink) throws(AdapterError) { try sink.begin(columns: columns) }

  static func append(
    _ partitions: [TablePartition], of table: PartitionedTable, remarks: [Int: String] = [:],
    to sink: any RowSink
  ) throws(AdapterError) {
    for (index, partition) in partitions.enumerated() {
      let cells: [Value] = [
        .text(table.name.description), .text(partition.name.description),
        .text(table.method.rawValue), partition.range.map { .text($0.from.text) } ?? .null,
        partition.range.map { .text($0.to.text) } ?? .null,
        partition.bound.map { .text($0) } ?? .null, partition.rows.map { .int($0) } ?? .null,
        partition.sizeInBytes.map { .int($0) } ?? .null,
        (remarks[index] ?? partition.remark).map { .text($0) } ?? .null,
      ]
      for cell in cells { sink.push(cell) }
      try sink.endRow()
    }
  }
}
