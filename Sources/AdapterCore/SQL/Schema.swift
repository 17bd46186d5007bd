/// The structure of a database: the same shape on every engine.
public struct Schema: Equatable, Sendable {
  public var tables: [Table]

  public init(tables: [Table] = []) { self.tables = tables }

  public struct Table: Equatable, Sendable {
    public enum Kind: String, Sendable {
      case table, view
      case materializedView = "materialized view"
      /// A table of a module (FTS5), or a foreign table.
      case virtual
    }

    public var name: TableName
    public var kind: Kind
    public var columns: [Column]
    /// Columns of the primary key in key order; empty without one.
    public var primaryKey: [String]
    public var foreignKeys: [ForeignKey]
    public var indexes: [Index]
    public var triggers: [Trigger]
    public var comment: String?
    /// How its rows are divided, "RANGE (day)"; nil for a table without partitions.
    public var partitionKey: String?
    /// In the order of their bounds, as far as they have one.
    public var partitions: [Partition]
    /// The statement that creates it, where the catalog keeps one.
    public var sql: String?

    public init(
      name: TableName, kind: Kind, columns: [Column] = [], primaryKey: [String] = [],
      foreignKeys: [ForeignKey] = [], indexes: [Index] = [], triggers: [Trigger] = [],
      comment: String? = nil, partitionKey: String? = nil, partitions: [Partition] = [],
      sql: String? = nil
    ) {
      self.name = name
      self.kind = kind
      self.columns = columns
      self.primaryKey = primaryKey
      self.foreignKeys = foreignKeys
      self.indexes = indexes
      self.triggers = triggers
      self.comment = comment
      self.partitionKey = partitionKey
      self.partitions = partitions
      self.sql = sql
    }
  }

  public struct Column: Equatable, Sendable {
    public var name: String
    /// As declared; empty where the engine allows a column without a type.
    public var type: String
    public var isNullable: Bool
    /// The default as an SQL expression.
    public var defaultExpression: String?
    public var isGenerated: Bool
    public var comment: String?

    public init(
      name: String, type: String, isNullable: Bool = true, defaultExpression: String? = nil,
      isGenerated: Bool = false, comment: String? = nil
    ) {
      self.name = name
      self.type = type
      self.isNullable = isNullable
      self.defaultExpression = defaultExpression
      self.isGenerated = isGenerated
      self.comment = comment
    }
  }

  /// One part of a partitioned table.
  public struct Partition: Equatable, Sendable {
    public var name: String
    /// Which rows it holds, as the engine writes it: "FOR VALUES FROM (1) TO (10)".
    public var bound: String

    public init(name: String, bound: String) {
      self.name = name
      self.bound = bound
    }
  }

  public struct ForeignKey: Equatable, Sendable {
    public var columns: [String]
    public var referencedTable: String
    /// Empty: the referenced table's primary key.
    public var referencedColumns: [String]
    /// "CASCADE", "SET NULL", …, "NO ACTION".
    public var onDelete: String
    public var onUpdate: String

    public init(
      columns: [String], referencedTable: String, referencedColumns: [String],
      onDelete: String = "NO ACTION", onUpdate: String = "NO ACTION"
    ) {
      self.columns = columns
      self.referencedTable = referencedTable
      self.referencedColumns = referencedColumns
      self.onDelete = onDelete
      self.onUpdate = onUpdate
    }
  }

  public struct Index: Equatable, Sendable {
    public var name: String
    /// An expression where the index has one instead of a column.
    public var columns: [String]
    public var isUnique: Bool
    /// Whether it serves a PRIMARY KEY or UNIQUE constraint rather than a CREATE INDEX.
    public var isConstraint: Bool
    /// The WHERE clause's presence.
    public var isPartial: Bool
    /// "btree", "gin", "fulltext"; nil where the engine has one method only.
    public var method: String?
    public var sql: String?

    public init(
      name: String, columns: [String], isUnique: Bool, isConstraint: Bool = false,
      isPartial: Bool = false, method: String? = nil, sql: String? = nil
    ) {
      self.name = name
      self.columns = columns
      self.isUnique = isUnique
      self.isConstraint = isConstraint
      self.isPartial = isPartial
      self.method = method
      self.sql = sql
    }
  }

  public struct Trigger: Equatable, Sendable {
    public var name: String
    public var sql: String

    public init(name: String, sql: String) {
      self.name = name
      self.sql = sql
    }
  }
}
