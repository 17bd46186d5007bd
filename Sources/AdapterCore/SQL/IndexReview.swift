/// An index with its figures and what is suspicious about it.
public struct IndexReview: Equatable, Sendable {
  public enum Suspicion: Equatable, Sendable {
    /// Its creation failed.
    case invalid
    /// Another index of the table has the same columns in the same order.
    case duplicate(of: String)
    /// Another index of the table begins with its columns.
    case prefix(of: String)
    /// No statement used it since the engine began to count.
    case unused

    public var description: String {
      switch self {
      case .invalid: "invalid"
      case .duplicate(let other): "duplicate of \(other)"
      case .prefix(let other): "prefix of \(other)"
      case .unused: "unused"
      }
    }
  }

  public var table: TableName
  public var index: Schema.Index
  public var figures: IndexFigures?
  public var suspicions: [Suspicion]

  /// Reviews all indexes of a schema, in its order.
  public static func review(_ schema: Schema, _ figures: [IndexFigures]) -> [IndexReview] {
    schema.tables.flatMap { table in
      let own = figures.filter { $0.table == table.name }
      return table.indexes.map { index in
        var review = IndexReview(
          table: table.name, index: index, figures: own.first { $0.name == index.name },
          suspicions: [])
        if review.figures?.isValid == false { review.suspicions.append(.invalid) }
        if let covering = covering(index, among: table.indexes) {
          review.suspicions.append(covering)
        }
        // What a constraint needs is of use even when no statement reads it.
        if review.figures?.scans == 0, !index.isUnique, !index.isConstraint {
          review.suspicions.append(.unused)
        }
        return review
      }
    }
  }

  /// Another index that makes this one needless.
  private static func covering(
    _ index: Schema.Index, among all: [Schema.Index]
  ) -> Suspicion? {
    // A constraint's index cannot be dropped without the constraint.
    guard !index.isConstraint else { return nil }
    let key = IndexKey(index)
    for other in all where other.name != index.name && (other.method == index.method) {
      let otherKey = IndexKey(other)
      // Of two equal ones only one is superfluous: the weaker, or the one that is listed later.
      if key == otherKey,
        other.isConstraint || rank(other) > rank(index)
          || rank(other) == rank(index) && other.name < index.name
      {
        return .duplicate(of: other.name)
      }
      // Only an ordered index serves what its first columns alone would serve.
      let isOrdered = index.method == nil || index.method == "btree"
      if !index.isUnique, isOrdered, key.isPrefix(of: otherKey) { return .prefix(of: other.name) }
    }
    return nil
  }

  private static func rank(_ index: Schema.Index) -> Int { index.isUnique ? 1 : 0 }
}

/// What an index is ordered by, comparable with that of another index.
private struct IndexKey: Equatable {
  private let parts: [String]
  /// The WHERE clause and whatever else follows the columns.
  private let rest: String

  /// From the statement where there is one: it knows orders, collations and expressions.
  init(_ index: Schema.Index) {
    guard let sql = index.sql, let (list, rest) = Self.columnList(of: sql) else {
      parts = index.columns.map(Self.normalize)
      self.rest = ""
      return
    }
    parts = list.map(Self.normalize)
    self.rest = Self.normalize(rest)
  }

  func isPrefix(of other: IndexKey) -> Bool {
    parts.count < other.parts.count && rest == other.rest && other.parts.starts(with: parts)
  }

  /// The items of the parentheses that follow the table's name, and what stands behind them.
  private static func columnList(of sql: String) -> (items: [String], rest: String)? {
    var items = [""]
    var depth = 0
    var quote: Character?
    for (offset, character) in zip(sql.indices, sql) {
      if let open = quote {
        if character == open { quote = nil }
      } else if "'\"`".contains(character) {
        quote = character
      } else if character == "(" {
        depth += 1
        if depth == 1 { continue }
      } else if character == ")" {
        depth -= 1
        if depth == 0 { return (items, String(sql[sql.index(after: offset)...])) }
      } else if character == ",", depth == 1 {
        items.append("")
        continue
      }
      if depth > 0 { items[items.count - 1].append(character) }
    }
    return nil
  }

  /// Without case, quotes and white space, and without ASC, which is how every column is ordered.
  private static func normalize(_ text: String) -> String {
    let words = text.lowercased().split { $0.isWhitespace || "\"`[]".contains($0) }
    return words.filter { $0 != "asc" }.joined(separator: " ")
  }
}
