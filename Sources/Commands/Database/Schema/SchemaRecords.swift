import AdapterCore

/// A schema as records: a line for each table, or for each column of one table.
enum SchemaRecords {
  static func writeTables(of schema: Schema, to sink: any RowSink) throws(AdapterError) {
    try sink.begin(columns: [
      Column(name: "name", kind: .text), Column(name: "kind", kind: .text),
      Column(name: "columns", kind: .integer), Column(name: "primary_key", kind: .text),
      Column(name: "foreign_keys", kind: .integer), Column(name: "indexes", kind: .integer),
      Column(name: "triggers", kind: .integer),
    ])
    for table in schema.tables {
      sink.push(.text(table.name.description))
      sink.push(.text(table.kind.rawValue))
      sink.push(.int(Int64(table.columns.count)))
      sink.push(list(table.primaryKey))
      for count in [table.foreignKeys.count, table.indexes.count, table.triggers.count] {
        sink.push(.int(Int64(count)))
      }
      try sink.endRow()
    }
    try sink.finish()
  }

  static func writeColumns(of schema: Schema, to sink: any RowSink) throws(AdapterError) {
    try sink.begin(columns: [
      Column(name: "name", kind: .text), Column(name: "type", kind: .text),
      Column(name: "nullable", kind: .boolean), Column(name: "default", kind: .text),
      Column(name: "primary_key", kind: .integer), Column(name: "references", kind: .text),
      Column(name: "generated", kind: .boolean),
    ])
    for table in schema.tables {
      for column in table.columns {
        sink.push(.text(column.name))
        sink.push(.text(column.type))
        sink.push(.bool(column.isNullable))
        sink.push(column.defaultExpression.map { .text($0) } ?? .null)
        sink.push(keyPosition(of: column, in: table))
        sink.push(list(references(of: column, in: table)))
        sink.push(.bool(column.isGenerated))
        try sink.endRow()
      }
    }
    try sink.finish()
  }

  /// Which column of the primary key it is, from 1.
  private static func keyPosition(of column: Schema.Column, in table: Schema.Table) -> Value {
    table.primaryKey.firstIndex(of: column.name).map { .int(Int64($0) + 1) } ?? .null
  }

  /// What it refers to, as "countries(code)".
  private static func references(
    of column: Schema.Column, in table: Schema.Table
  ) -> [String] {
    table.foreignKeys.compactMap { key in
      guard let position = key.columns.firstIndex(of: column.name) else { return nil }
      guard position < key.referencedColumns.count else { return key.referencedTable }
      return "\(key.referencedTable)(\(key.referencedColumns[position]))"
    }
  }

  private static func list(_ names: [String]) -> Value {
    names.isEmpty ? .null : .text(names.joined(separator: ", "))
  }
}
