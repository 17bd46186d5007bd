import AdapterCore
import CLI
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
    let value = SettingValue(setting)
    switch setting.key {
    case "queue": queue = try Self.name(setting)
    case "dead_letter": policy.deadLetterQueue = try Self.name(setting)
    case "max_retries": policy.retry.attempts = try value.integer(0...999_999) + 1
    case "retry_delay": policy.retry.firstDelay = try value.duration()
    case "max_retry_delay": policy.retry.maximumDelay = try value.duration()
    case "message_ttl": timeToLive = try value.duration()
    case "prefetch": prefetch = try value.integer(1...100_000)
    default: return false
    }
    return true
  }

  private static func name(_ setting: Target.Setting) throws(AdapterError) -> String {
    do throws(AdapterError) {
      try QueueName.check(setting.value)
    } catch {
      throw setting.error("\(setting.key): \(error.message)", hint: error.hint)
    }
    return setting.value
  }
}

/// Which queue of which broker a command is about.
struct QueuePlace {
  var address: Target.Address
  var profile: QueueProfile
  /// Empty for a command that is about all queues.
  var queue: String

  /// The broker that the first argument names; and the second one's queue, or else the profile's.
  ///
  /// Throws `usage` when no queue is named and `needsQueue`.
  init(
    _ invocation: Invocation, _ context: CommandContext, needsQueue: Bool = true
  ) throws(AdapterError) {
    try self.init(
      invocation.argument(0) ?? "", queue: invocation.argument(1), context, needsQueue: needsQueue)
  }

  init(
    _ target: String, queue: String?, _ context: CommandContext, needsQueue: Bool = true
  ) throws(AdapterError) {
    address = try context.address(of: target)
    profile = try QueueProfile(takingFrom: &address)
    guard let name = queue ?? profile.queue ?? (needsQueue ? nil : "") else {
      throw AdapterError(
        .usage, "QUEUE is missing", hint: "name it behind \(target), or set queue in a profile")
    }
    self.queue = name
  }
}
