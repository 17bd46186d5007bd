import AdapterCore
import CLI

/// `nb queue create`: makes a queue, or adds groups of consumers to one.
enum QueueCreateCommand: Command {
  struct Options {
    var place: QueuePlace
    var settings: QueueSettings
  }

  static let lease = FlagSpec(
    "lease", .value(name: "DURATION"),
    summary: "How long a consumer has a message before another one gets it", defaultText: "60s")

  static let timeToLive = FlagSpec(
    "ttl", .value(name: "DURATION"), summary: "When messages expire that say nothing themselves",
    defaultText: "never")

  static let window = FlagSpec(
    "dedupe-window", .value(name: "DURATION"), summary: "How long a message's --key is remembered",
    defaultText: "5m")

  static let priorities = FlagSpec(
    "priorities", .value(name: "N"),
    summary: "The highest priority of its messages, where a broker has to know", defaultText: "9")

  static let group = FlagSpec(
    "group", .repeated(name: "NAME"), summary: "A group of consumers that gets every message",
    details: """
      A queue that is made with groups has no consumers of its own: each group gets every message \
      that is published from then on. A group can be added later.
      """)

  static let spec = CommandSpec(
    path: ["queue", "create"], summary: "Create a queue",
    description: [
      """
      A queue that is there is left as it is; that it has other settings is an error. The file is \
      made when it is not there, for this user alone to decide who may write to it.
      """
    ],
    arguments: [QueueFlags.target, QueueFlags.optionalQueue],
    flags: [lease, timeToLive, window, priorities, group],
    examples: [
      Example("nb queue create jobs.db mail", "One queue in a file of its own"),
      Example("nb queue create jobs.db events --group audit --group search", "Fan-out"),
    ],
    exitStatuses: [ExitStatusNote(73, "The queue is there with other settings")])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let place = try QueuePlace(invocation, context)
    try QueueName.check(place.queue)
    for group in invocation.strings(group) { try QueueName.check(group) }
    return Options(
      place: place,
      settings: QueueSettings(
        lease: try QueueFlags.positive(lease, invocation),
        timeToLive: try QueueFlags.positive(timeToLive, invocation),
        deduplicationWindow: try QueueFlags.positive(window, invocation),
        highestPriority: try invocation.int(priorities, in: 1...255),
        groups: invocation.strings(group)))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    try context.openQueue(options.place, .create)
      .create(options.place.queue, options.settings)
  }
}

/// What a queue may be called.
enum QueueName {
  /// Throws `usage` for what no queue can be called, not even one of another program.
  static func checkKnown(_ name: String) throws(AdapterError) {
    let isPlain = name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    guard isPlain, !name.isEmpty, name.utf8.count <= 255 else {
      throw AdapterError(.usage, "'\(name)' cannot be the name of a queue")
    }
  }

  /// Throws `usage` for a name that a queue is not to get: some broker, or a shell, would stumble over
  /// it.
  static func check(_ name: String) throws(AdapterError) {
    let isPlain = name.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
      default: "._-:".utf8.contains(byte)
      }
    }
    guard isPlain, !name.isEmpty, name.utf8.count <= 200, name.first != "-" else {
      throw AdapterError(
        .usage, "'\(name)' cannot be the name of a queue or a group",
        hint: "letters, digits and . _ - : make one, 200 at most")
    }
  }
}
