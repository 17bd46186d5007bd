/// One thing of a database that a dump creates, and what it needs to be there before.
public struct DumpObject {
  /// Where it belongs in the dump unless something needs it earlier; equal ones come by name.
  public var rank: Int
  public var name: String
  /// Its statements without the last terminator.
  public var sql: String
  /// The keys of what it needs.
  public var needs: [Int64]
  /// What is run for it at the end, in the same order.
  public var sqlAtEnd: String?

  public init(
    rank: Int, name: String, sql: String, needs: [Int64] = [], sqlAtEnd: String? = nil
  ) {
    self.rank = rank
    self.name = name
    self.sql = sql
    self.needs = needs
    self.sqlAtEnd = sqlAtEnd
  }

  /// The keys in an order in which the objects can be created: by rank and name, but after what they
  /// need. Objects that need each other come by rank.
  public static func order(_ objects: [Int64: DumpObject]) -> [Int64] {
    let sorted = objects.sorted { left, right in
      (left.value.rank, left.value.name, left.key) < (right.value.rank, right.value.name, right.key)
    }
    let places = Dictionary(
      uniqueKeysWithValues: sorted.enumerated().map { ($0.element.key, $0.offset) })
    var ordered: [Int64] = []
    var visited: Set<Int64> = []
    // In the order of the whole, so that keys decide nothing.
    let needs = objects.mapValues { object in
      object.needs.filter { places[$0] != nil }.sorted {
        places[$0, default: 0] < places[$1, default: 0]
      }
    }
    // Chains of views can be longer than the stack is deep, so the path is kept here.
    for (key, _) in sorted {
      var path: [(key: Int64, next: Int)] = []
      if visited.insert(key).inserted { path.append((key, 0)) }
      while let (current, next) = path.last {
        let needs = needs[current] ?? []
        guard next < needs.count else {
          ordered.append(current)
          path.removeLast()
          continue
        }
        path[path.count - 1].next += 1
        let needed = needs[next]
        if visited.insert(needed).inserted { path.append((needed, 0)) }
      }
    }
    return ordered
  }
}
