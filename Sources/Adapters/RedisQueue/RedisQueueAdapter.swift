import AdapterCore
import CHiredis

/// Queues on Redis streams as an adapter of the `MessageQueue` port: many machines share a server, a
/// cluster, or a primary that sentinels look after.
public enum RedisQueueAdapter {
  public static let schemes = RedisSettings.schemes

  public static let library = ClientLibrary(
    "hiredis", package: "libhiredis0.14", serves: "queues on Redis", client: nb_hiredis,
    version: { "0.14" })

  /// Connects to the server at `address`.
  ///
  /// Throws `unavailable` when hiredis cannot be loaded or nobody answers, `usage` for a setting that
  /// makes no sense, `denied` for a wrong password.
  public static func open(
    _ address: Target.Address, _ access: QueueAccess, _ operation: OperationContext
  ) throws(AdapterError) -> any MessageQueue {
    let settings = try RedisSettings(address)
    try library.require()
    let client = RedisClient(settings, displayName: address.redacted)
    try client.connect(operation)
    return RedisMessageQueue(client, operation)
  }
}
