/// A column's type as it is declared, taken apart: `NUMERIC(10, 2) UNSIGNED`,
/// `timestamp(3) without time zone`.
public struct DeclaredType: Equatable, Sendable {
  /// The words outside of parentheses, in lower case.
  public let words: [String]
  /// The numbers in parentheses; empty when there is anything else in them.
  public let arguments: [Int]

  public init(_ text: String) {
    let text = text.lowercased()
    let parts = text.split(separator: "(", maxSplits: 1)
    let inner = parts.count > 1 ? parts[1].prefix { $0 != ")" } : ""
    let rest = parts.count > 1 ? parts[1].dropFirst(inner.count + 1) : ""
    words = ((parts.first ?? "") + " " + rest).split(separator: " ").map(String.init)
    let numbers = inner.split(separator: ",").map { Int($0.filter { $0 != " " }) }
    arguments = numbers.contains(nil) ? [] : numbers.compactMap { $0 }
  }

  public var name: String { words.first ?? "" }
}

extension Column {
  /// The declared type, where it is of this other engine: one that its values are sure to have.
  public func declaredType(ofOther dialect: SQLDialect) -> DeclaredType? {
    self.dialect == dialect.name ? declaredType.map { DeclaredType($0) } : nil
  }
}
