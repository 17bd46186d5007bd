import AdapterCore
import Platform
import SQLite

/// Queues in an SQLite file as an adapter of the `MessageQueue` port: no broker is needed, and many
/// processes of one machine share the file.
public enum SQLiteQueueAdapter {
  public static let schemes = ["sqlite", "file"]

  /// Opens the queues in the file at `address.path`.
  ///
  /// A file that holds queues and is written to is put into WAL mode with `synchronous=FULL`: what
  /// was accepted is on the disk. Throws `notFound` for a missing file unless `options` say otherwise,
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
    let shielded = OperationContext(
      cancellation: Cancellation(following: operation.cancellation), metrics: operation.metrics,
      note: operation.note)
    let database = try SQLiteAdapter.open(
      waiting(address), SQLOpenOptions(access: access.ofDatabase), shielded)
    let queues = SQLiteMessageQueue(database, operation, shielded.cancellation)
    // A file that turns out to hold none is left as it is.
    if access != .read, try queues.hasQueues() { try queues.makeDurable() }
    return queues
  }

  /// Writers take turns, and some of them have much to write.
  private static func waiting(_ address: Target.Address) -> Target.Address {
    guard !address.settings.contains(where: { $0.key == "busy_timeout" }) else { return address }
    var address = address
    address.settings.append(Target.Setting(key: "busy_timeout", value: "30s"))
    return address
  }

  private static func refuseNetwork(_ path: String) throws(AdapterError) {
    let place = FileSystem.exists(path) ? path : FileSystem.parent(of: path)
    guard let name = FileSystem.networkFileSystem(of: place) else { return }
    throw AdapterError(
      .unavailable, "\(path) is on a network file system (\(name)), which cannot hold a queue",
      hint: "keep it on a local disk; across machines use Redis or RabbitMQ")
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
