import AdapterCore
import Transport

/// The processes that know which server is the primary
/// (https://redis.io/docs/latest/develop/reference/sentinel-clients/).
struct Sentinels {
  private let endpoints: [TransportEndpoint]
  private let name: String
  private let settings: RedisSettings

  init(_ endpoints: [TransportEndpoint], _ name: String, _ settings: RedisSettings) {
    self.endpoints = endpoints
    self.name = name
    self.settings = settings
  }

  /// The primary's address, from the first sentinel that knows one.
  ///
  /// Throws `unavailable` when no sentinel answers, `notFound` when none knows the name.
  func primary(_ operation: OperationContext) throws(AdapterError) -> TransportEndpoint {
    var failure: AdapterError?
    for endpoint in endpoints {
      do throws(AdapterError) {
        if let primary = try primary(by: endpoint, operation) { return primary }
        failure =
          failure
          ?? AdapterError(
            .notFound, "the sentinels know no primary '\(name)'",
            hint: "redis-cli -p 26379 sentinel masters lists them")
      } catch {
        guard error.isRetryable else { throw error }
        failure = failure ?? error
      }
    }
    throw failure ?? AdapterError(.unavailable, "no sentinel is named")
  }

  private func primary(
    by endpoint: TransportEndpoint, _ operation: OperationContext
  ) throws(AdapterError) -> TransportEndpoint? {
    let connection = try RedisConnection(endpoint, settings.transport, operation)
    var commands: [RedisCommand] = []
    if let login = RedisConnection.login(settings.sentinelUser, settings.sentinelPassword) {
      commands.append(login)
    }
    commands.append(RedisCommand("SENTINEL", "get-master-addr-by-name", name))
    let replies = try connection.exchange(
      commands, limit: .after(settings.readTimeout), operation)
    for reply in replies { try connection.check(reply) }
    guard let address = replies.last, address.count == 2, let port = Int(address[1].text) else {
      return nil
    }
    return SlotMap.endpoint(address[0].text, port, from: endpoint)
  }
}
