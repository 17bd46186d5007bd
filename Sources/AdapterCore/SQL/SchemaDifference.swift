/// What one schema has otherwise than another.
public struct SchemaDifference: Equatable, Sendable {
  public enum Change: String, Sendable {
    case added, removed, changed
  }

  public enum Kind: String, Sendable {
    case table, column, index, trigger, partition
    case primaryKey = "primary key"
    case foreignKey = "foreign key"
  }

  public var change: Change
  public var kind: Kind
  public var table: String
  /// The column's, index's, trigger's or partition's name; the columns of a key.
  public var name: String
  /// In the first schema; nil when it was added.
  public var old: String?
  /// In the second schema; nil when it was removed.
  public var new: String?
}

extension Schema {
  /// What is to be done to this schema to make it `other`, by table name, then tables before columns
  /// before keys, indexes, triggers and partitions.
  ///
  /// - Parameter comparesTypes: whether types, defaults and statements are compared; false between
  ///   engines, which write the same in other words.
  public func differences(to other: Schema, comparesTypes: Bool) -> [SchemaDifference] {
    let pairs = pairByName(tables, other.tables) { $0.name.description }
    return pairs.flatMap { pair in
      var comparison = TableComparison(table: pair.name, comparesTypes: comparesTypes)
      switch (pair.old, pair.new) {
      case (let old?, let new?): comparison.compare(old, new)
      case (let old, let new): comparison.note(.table, "", old?.kind.rawValue, new?.kind.rawValue)
      }
      return comparison.differences
    }
  }
}

/// The same name in two lists; one side is nil when only the other has it.
private typealias NamePair<Item> = (name: String, old: Item?, new: Item?)

/// All names of both lists: those of the first in their order, then what only the second has.
private func pairByName<Item>(
  _ old: [Item], _ new: [Item], _ name: (Item) -> String
) -> [NamePair<Item>] {
  let newByName = Dictionary(new.map { (name($0), $0) }) { first, _ in first }
  let oldNames = Set(old.map(name))
  return old.map { (name($0), $0, newByName[name($0)]) }
    + new.filter { !oldNames.contains(name($0)) }.map { (name($0), nil, $0) }
}

/// The differences of one table.
private struct TableComparison {
  let table: String
  let words: SchemaDescription
  private(set) var differences: [SchemaDifference] = []

  init(table: String, comparesTypes: Bool) {
    self.table = table
    words = SchemaDescription(comparesTypes: comparesTypes)
  }

  /// Notes two descriptions that are not the same.
  mutating func note(_ kind: SchemaDifference.Kind, _ name: String, _ old: String?, _ new: String?)
  {
    guard old != new else { return }
    let change: SchemaDifference.Change = old == nil ? .added : new == nil ? .removed : .changed
    differences.append(
      SchemaDifference(
        change: change, kind: kind, table: table, name: name, old: old, new: new))
  }

  mutating func compare(_ old: Schema.Table, _ new: Schema.Table) {
    let words = words
    note(.table, "", words.describe(old), words.describe(new))
    each(.column, old.columns, new.columns, name: \.name) { words.describe($0) }
    note(.primaryKey, "", words.joined(old.primaryKey), words.joined(new.primaryKey))
    let columns = { (key: Schema.ForeignKey) in key.columns.joined(separator: ", ") }
    each(.foreignKey, old.foreignKeys, new.foreignKeys, name: columns) { words.describe($0) }
    each(.index, old.indexes, new.indexes, name: \.name) { words.describe($0) }
    each(.trigger, old.triggers, new.triggers, name: \.name) { words.describe($0) }
    each(.partition, old.partitions, new.partitions, name: \.name) { $0.bound }
  }

  private mutating func each<Item>(
    _ kind: SchemaDifference.Kind, _ old: [Item], _ new: [Item], name: (Item) -> String,
    describe: (Item) -> String
  ) {
    for pair in pairByName(old, new, name) {
      note(kind, pair.name, pair.old.map(describe), pair.new.map(describe))
    }
  }
}

/// The parts of a table as text, which is what is compared.
private struct SchemaDescription {
  let comparesTypes: Bool

  func describe(_ table: Schema.Table) -> String {
    var parts = [table.kind.rawValue]
    if let key = table.partitionKey { parts.append("partitioned by \(key)") }
    // A table's own statement repeats its columns, which are compared one by one.
    if comparesTypes, table.kind != .table, let sql = table.sql { parts.append(sql) }
    return parts.joined(separator: " ")
  }

  func describe(_ column: Schema.Column) -> String {
    var parts: [String] = []
    if comparesTypes, !column.type.isEmpty { parts.append(column.type) }
    parts.append(column.isNullable ? "null" : "not null")
    if comparesTypes, let expression = column.defaultExpression {
      parts.append("default \(expression)")
    }
    if column.isGenerated { parts.append("generated") }
    return parts.joined(separator: " ")
  }

  func describe(_ key: Schema.ForeignKey) -> String {
    var text = "references \(key.referencedTable)"
    if !key.referencedColumns.isEmpty {
      text += " (\(key.referencedColumns.joined(separator: ", ")))"
    }
    if key.onDelete != "NO ACTION" { text += " on delete \(key.onDelete)" }
    if key.onUpdate != "NO ACTION" { text += " on update \(key.onUpdate)" }
    return text
  }

  func describe(_ index: Schema.Index) -> String {
    // The statement knows orders, expressions and conditions that the columns do not.
    if comparesTypes, let sql = index.sql { return sql }
    let columns = "(\(index.columns.joined(separator: ", ")))"
    return (index.isUnique ? "unique " : "") + columns + (index.isPartial ? " partial" : "")
  }

  func describe(_ trigger: Schema.Trigger) -> String { comparesTypes ? trigger.sql : "" }

  func joined(_ names: [String]) -> String? {
    names.isEmpty ? nil : names.joined(separator: ", ")
  }
}
