import AdapterCore
import Platform

/// The word of a consumer that it is there: what is made for it alone goes soon after it died.
final class SQLitePresence {
  enum Table: String {
    case queue = "nb_queue"
    case group = "nb_queue_group"
  }

  /// How long a row stays without a word, and when one is said.
  private static let patience = Duration.seconds(60)
  private static let renewal = Duration.seconds(15)

  static var expiry: Int64 { millisecondsSince1970() + patience.inMilliseconds }

  private let table: Table
  private let id: Int64
  private let lost: AdapterError
  private(set) var nextRenewal = MonotonicInstant.now.advanced(by: renewal)

  /// - Parameter lost: thrown when the row was taken for one of the dead.
  init(_ table: Table, _ id: Int64, lost: AdapterError) {
    self.table = table
    self.id = id
    self.lost = lost
  }

  func renewIfDue(_ cache: StatementCache) throws(AdapterError) {
    guard nextRenewal <= .now else { return }
    let changed = try cache.run(
      "UPDATE \(table.rawValue) SET expires_at = ?2 WHERE id = ?1", [.int(id), .int(Self.expiry)])
    guard changed == 1 else { throw lost }
    nextRenewal = MonotonicInstant.now.advanced(by: Self.renewal)
  }
}
