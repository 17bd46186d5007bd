import AdapterCore
import JSON

/// A whole schema as JSON; docs/schema.md is its description.
struct SchemaDocument {
  let json: JSONValue

  init(_ schema: Schema, dialect: SQLDialect) {
    json = [
      "dialect": .string(dialect.name), "tables": .array(schema.tables.map(Self.table)),
    ]
  }

  private static func table(_ table: Schema.Table) -> JSONValue {
    [
      "schema": text(table.name.schema), "name": .string(table.name.name),
      "kind": .string(table.kind.rawValue), "comment": text(table.comment),
      "columns": .array(table.columns.map(column)),
      "primary_key": texts(table.primaryKey),
      "foreign_keys": .array(table.foreignKeys.map(foreignKey)),
      "indexes": .array(table.indexes.map(index)),
      "triggers": .array(
        table.triggers.map { ["name": .string($0.name), "sql": .string($0.sql)] }),
      "partition_key": text(table.partitionKey),
      "partitions": .array(
        table.partitions.map { ["name": .string($0.name), "bound": .string($0.bound)] }),
      "sql": text(table.sql),
    ]
  }

  private static func column(_ column: Schema.Column) -> JSONValue {
    [
      "name": .string(column.name), "type": .string(column.type),
      "nullable": .bool(column.isNullable), "default": text(column.defaultExpression),
      "generated": .bool(column.isGenerated), "comment": text(column.comment),
    ]
  }

  private static func foreignKey(_ key: Schema.ForeignKey) -> JSONValue {
    [
      "columns": texts(key.columns), "table": .string(key.referencedTable),
      "references": texts(key.referencedColumns), "on_delete": .string(key.onDelete),
      "on_update": .string(key.onUpdate),
    ]
  }

  private static func index(_ index: Schema.Index) -> JSONValue {
    [
      "name": .string(index.name), "columns": texts(index.columns),
      "unique": .bool(index.isUnique), "constraint": .bool(index.isConstraint),
      "partial": .bool(index.isPartial), "method": text(index.method), "sql": text(index.sql),
    ]
  }

  private static func texts(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }

  private static func text(_ string: String?) -> JSONValue { string.map { .string($0) } ?? .null }
}
