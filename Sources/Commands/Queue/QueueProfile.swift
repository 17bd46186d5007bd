import AdapterCore
import Queues

/// What a profile, or the parameters of a URL, say of queues besides where their broker is.
struct QueueProfile: Equatable {
  /// For commands that name none.
  var queue: String?
  var policy = FailurePolicy()
  /// Of published messages that name none.
  var timeToLive: Duration?
  /// Messages that a consumer holds at most.
  var prefetch: Int?

  /// Takes the settings that are about queues out of an address; what is left is the adapter's.
  ///
  /// Throws `config`, or `usage` for a URL's, for a value that is none.
  init(takingFrom address: inout Target.Address) throws(AdapterError) {
    var others: [Target.Setting] = []
    for setting in address.settings {
      if try !take(setting) { others.append(setting) }
    }
    address.settings = others
  }

  /// Whether the setting is one of these.
  private mutating func take(_ setting: Target.Setting) throws(AdapterError) -> Bool {
    switch setting.key {
    case "queue": queue = try Self.name(setting)
    case "dead_letter": policy.deadLetterQueue = try Self.name(setting)
    case "max_retries": policy.retry.attempts = try setting.integer(0...999_999) + 1
    case "retry_delay": policy.retry.firstDelay = try setting.duration()
    case "max_retry_delay": policy.retry.maximumDelay = try setting.duration()
    case "message_ttl": timeToLive = try setting.duration()
    case "prefetch": prefetch = try setting.integer(1...100_000)
    default: return false
    }
    return true
  }

  private static func name(_ setting: Target.Setting) throws(AdapterError) -> String {
    do throws(AdapterError) {
      try QueueName.checkKnown(setting.value)
    } catch {
      throw setting.error("\(setting.key): \(error.message)", hint: error.hint)
    }
    return setting.value
  }
}
