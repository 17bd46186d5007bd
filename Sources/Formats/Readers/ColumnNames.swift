/// Names of columns made fit for a place where each must be unique.
enum ColumnNames {
  /// The names with `_2`, `_3` … put behind repeated ones.
  static func unique(_ names: [String]) -> [String] {
    var taken = Set(names)
    var seen: Set<String> = []
    return names.map { name in
      if seen.insert(name).inserted { return name }
      var number = 2
      while !taken.insert("\(name)_\(number)").inserted { number += 1 }
      seen.insert("\(name)_\(number)")
      return "\(name)_\(number)"
    }
  }

  /// c1, c2 ….
  static func numbered(_ count: Int) -> [String] { (0..<count).map { "c\($0 + 1)" } }

  /// A header's names: unique, the empty ones numbered.
  static func fromHeader(_ names: [String]) -> [String] {
    unique(names.enumerated().map { $1.isEmpty ? "c\($0 + 1)" : $1 })
  }
}
