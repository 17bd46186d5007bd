import AdapterCore
import Platform
import SQLite

/// Queues in an SQLite file as an adapter of the `MessageQueue` port: no broker is needed, and many
/// processes of one machine share the file.
public enum SQLiteQueueAdapter {
  public static let schemes = ["sqlite", "file"]

  /// Opens the queues in the file at `address.path`.
  ///
  /// A file that is written to is put into WAL mode with `synchronous=FULL`: what was accepted is
  /// on the disk. Throws `notFound` for a missing file unless `options` say otherwise,
  /// `unavailable` for a file on a network, where the locks of several machines cannot be trusted.
  public static func open(
    _ address: Target.Address, _ access: QueueAccess, _ operation: OperationContext
  ) throws(AdapterError) -> any MessageQueue {
    guard address.path != ":memory:" else {
      throw AdapterError(
        .unavailable, "a queue in memory would end with the command",
        hint: "name a file; nb queue create FILE QUEUE makes it")
    }
    try refuseNetwork(address.path)
    // What was taken is put in order after a signal too; the waits for messages end by the
    // operation.
    let unstoppable = OperationContext(
      cancellation: Cancellation(heedsSignals: false), metrics: operation.metrics,
      note: operation.note)
    let database = try SQLiteAdapter.open(
      address, SQLOpenOptions(access: access.ofDatabase, lockWait: .seconds(30)), unstoppable)
    if access != .read { try makeDurable(database) }
    return SQLiteMessageQueue(database, operation)
  }

  private static func refuseNetwork(_ path: String) throws(AdapterError) {
    let place = FileSystem.exists(path) ? path : FileSystem.parent(of: path)
    guard let name = FileSystem.networkFileSystem(of: place) else { return }
    throw AdapterError(
      .unavailable, "\(path) is on a network file system (\(name)), which cannot hold a queue",
      hint: "keep it on a local disk; across machines use Redis or RabbitMQ")
  }

  private static func makeDurable(_ database: any SQLDatabase) throws(AdapterError) {
    if try database.rows("PRAGMA journal_mode").first?.first != .text("wal") {
      try database.execute("PRAGMA journal_mode=wal")
    }
    try database.execute("PRAGMA synchronous=full")
  }
}

extension QueueAccess {
  fileprivate var ofDatabase: SQLOpenOptions.Access {
    switch self {
    case .read: .read
    case .write: .write
    case .create: .create
    }
  }
}
