import AdapterCore
import Platform

/// Taking queues and messages away.
extension SQLiteMessageQueue {
  func delete(_ queue: String) throws(AdapterError) {
    let found = try unstoppably { () throws(AdapterError) in try require(queue) }
    guard found.isTemporary else { return try delete(found) }
    // It is nobody's when its consumer has ended, by a signal too.
    try unstoppably { () throws(AdapterError) in try delete(found) }
  }

  /// Takes away what temporary queues left behind whose consumers died.
  func deleteExpired() throws(AdapterError) {
    var names: [String] = []
    try cache.rows(
      "SELECT name FROM nb_queue WHERE expires_at <= ?1", [.int(millisecondsSince1970())]
    ) { row in names.append(row[0].string ?? "") }
    for name in names {
      if let queue = try find(name, expired: true) { try delete(queue) }
    }
  }

  /// Takes what may be much in small transactions, and what came meanwhile with the last.
  private func delete(_ queue: Queue) throws(AdapterError) {
    let groups = queue.groups.map(\.id) + queue.taps.map(\.id)
    for group in groups { _ = try remove(SQLiteDeliveries.Part.all, of: group) }
    for leftover in Leftover.allCases {
      while try database.transaction(
        .write, { () throws(AdapterError) in try removeSome(leftover, of: queue.id) })
      { Self.letOthersWrite() }
    }
    try database.transaction(.write) { () throws(AdapterError) in
      let known = try find(queue.name, expired: true)
      let groups = (known?.groups.map(\.id) ?? []) + (known?.taps.map(\.id) ?? [])
      guard known?.id == queue.id else { return }
      for group in groups {
        while try !SQLiteDeliveries(cache).removeSome(ofTap: group) {}
      }
      for leftover in Leftover.allCases { while try removeSome(leftover, of: queue.id) {} }
      try cache.run("DELETE FROM nb_queue WHERE id = ?1", [.int(queue.id)])
    }
  }

  /// What may be left of messages that are gone.
  private enum Leftover: String, CaseIterable {
    case dead = """
      DELETE FROM nb_queue_dead WHERE rowid IN (
        SELECT rowid FROM nb_queue_dead WHERE queue = ?1 LIMIT ?2)
      """
    case key = """
      DELETE FROM nb_queue_key WHERE queue = ?1 AND key IN (
        SELECT key FROM nb_queue_key WHERE queue = ?1 LIMIT ?2)
      """
  }

  /// Whether there may be more.
  private func removeSome(_ leftover: Leftover, of queue: Int64) throws(AdapterError) -> Bool {
    try cache.run(leftover.rawValue, [.int(queue), .int(Int64(SQLiteDeliveries.batch))])
      == SQLiteDeliveries.batch
  }

  /// Takes deliveries of a group away in transactions of their own; returns how many.
  private func remove(
    _ parts: [SQLiteDeliveries.Part], of group: Int64, upTo last: Int64 = .max
  ) throws(AdapterError) -> Int {
    var count = 0
    for part in parts {
      while true {
        let removed = try database.transaction(.write) { () throws(AdapterError) in
          try SQLiteDeliveries(cache).removeSome(part, of: group, upTo: last)
        }
        count += removed
        if removed < SQLiteDeliveries.batch { break }
        Self.letOthersWrite()
      }
    }
    return count
  }

  func purge(_ queue: String) throws(AdapterError) -> Int {
    let queue = try require(queue)
    let last = try cache.first("SELECT max(id) FROM nb_queue_message")?.first?.integer ?? 0
    var count = 0
    for group in queue.groups {
      count += try remove(SQLiteDeliveries.Part.idle, of: group.id, upTo: last)
    }
    for tap in queue.taps {
      _ = try remove(SQLiteDeliveries.Part.idle, of: tap.id, upTo: last)
    }
    return count
  }
}
