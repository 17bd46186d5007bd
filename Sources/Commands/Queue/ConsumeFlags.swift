import AdapterCore
import CLI
import Queues

/// The flags of `consume`: how messages are taken, and what is done with them.
enum ConsumeFlags {
  static let acknowledge = FlagSpec(
    "ack", .value(name: "WHEN"),
    choices: [
      Choice("after-print", "when it has been written to stdout"),
      Choice("auto", "at once: one that is lost on the way to stdout is gone"),
      Choice("none", "never: they are handed out again when this ends"),
    ], summary: "When a message that was printed is gone from the queue",
    defaultText: "after-print")

  static let count = FlagSpec(
    "count", short: "n", .value(name: "N"), summary: "End after this many messages")

  static let wait = FlagSpec(
    "wait", .value(name: "DURATION"),
    summary: "Wait so long for the first message; status 66 when none comes")

  static let idleExit = FlagSpec(
    "idle-exit", .value(name: "DURATION"), summary: "End when no message came for so long")

  static let drain = FlagSpec("drain", summary: "End when there is no message to be had now")

  static let lease = FlagSpec(
    "lease", .value(name: "DURATION"), group: .connection,
    summary: "How long a message is this consumer's; extended while it works",
    defaultText: "the queue's")

  static let prefetch = FlagSpec(
    "prefetch", .value(name: "N"), group: .connection, summary: "Messages that are held at most",
    defaultText: "as many as --jobs; 500 when they are printed")

  static let maximumAttempts = FlagSpec(
    "max-attempts", .value(name: "N"), summary: "A dead letter after this many attempts",
    defaultText: "5")

  static let backoff = FlagSpec(
    "backoff", .value(name: "DURATION"),
    summary: "Bound of the wait before the second attempt; it doubles each time",
    defaultText: "1s")

  static let backoffCap = FlagSpec(
    "backoff-cap", .value(name: "DURATION"), group: .connection,
    summary: "The wait's bound never grows beyond this",
    defaultText: "5m")

  static let deadLetter = FlagSpec(
    "dead-letter", .value(name: "QUEUE"), completion: .queue, group: .connection,
    summary: "Where messages go that were given up",
    details: """
      They are published there with the headers nb-dead-queue, nb-dead-reason, nb-dead-attempts and \
      nb-dead-output, in place of being kept as dead letters. What expires is a dead letter all the \
      same.
      """)

  static let jobs = FlagSpec(
    "jobs", short: "j", .value(name: "N"), summary: "Run this many commands at the same time",
    defaultText: "1")

  static let jobTimeout = FlagSpec(
    "job-timeout", .value(name: "DURATION"),
    summary: "End a command that takes longer; that counts as a failed attempt")

  static let grace = FlagSpec(
    "grace", .value(name: "DURATION"), group: .connection,
    summary: "How long commands may go on after SIGTERM",
    defaultText: "30s")

  static let reply = FlagSpec(
    "reply", summary: "Send what the command prints to whoever asked by nb queue call",
    details: "Messages that ask for no reply are worked on all the same, and nb's stdout is theirs."
  )

  static let exec = FlagSpec(
    "exec", .rest(name: "COMMAND"), completion: .file([]),
    summary: "Run this for each message, all words behind it included",
    details: """
      The body is its stdin. NB_ID, NB_QUEUE, NB_ATTEMPT, NB_MAX_ATTEMPTS, NB_DEADLINE and \
      NB_CONTENT_TYPE are in its environment; descriptor 3 holds all that is known of the message, \
      headers too, as a JSON object.
      """)

  static let all = [
    exec, jobs, count, wait, idleExit, drain, acknowledge, QueueFlags.group, maximumAttempts,
    backoff, backoffCap, deadLetter, jobTimeout, grace, reply, lease, prefetch,
  ]
}

/// The values of `ConsumeFlags`.
struct ConsumeOptions {
  enum Acknowledgement: String {
    case afterPrint = "after-print"
    case auto, none
  }

  enum Work {
    case print(MessageOutput, Acknowledgement)
    case run(WorkerOptions)
  }

  var place: QueuePlace
  var consumer: ConsumerOptions
  var policy: FailurePolicy
  var count: Int?
  var wait: Duration?
  var idleExit: Duration?
  var drains: Bool
  var work: Work

  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    place = try QueuePlace(invocation, context)
    count = try invocation.int(ConsumeFlags.count, in: 1...Int.max)
    wait = try invocation.duration(ConsumeFlags.wait)
    idleExit = try invocation.duration(ConsumeFlags.idleExit)
    drains = invocation.isSet(ConsumeFlags.drain)
    policy = try Self.policy(invocation, place)
    consumer = ConsumerOptions(
      group: invocation.string(QueueFlags.group),
      lease: try QueueFlags.positive(ConsumeFlags.lease, invocation))
    let command = invocation.strings(ConsumeFlags.exec)
    let prefetch =
      try invocation.int(ConsumeFlags.prefetch, in: 1...100_000) ?? place.profile.prefetch
    if command.isEmpty {
      try Self.refuse(
        [ConsumeFlags.jobs, ConsumeFlags.jobTimeout, ConsumeFlags.grace, ConsumeFlags.reply],
        of: invocation,
        without: "--exec")
      let when = invocation.string(ConsumeFlags.acknowledge).flatMap(Acknowledgement.init)
      work = .print(try MessageOutput(invocation, context), when ?? .afterPrint)
      consumer.prefetch = prefetch ?? 500
    } else {
      try Self.refuse(
        [ConsumeFlags.acknowledge, ConsumeFlags.wait, MessageOutput.output, MessageOutput.end],
        of: invocation, with: "--exec")
      var worker = WorkerOptions(
        command: command, jobs: try invocation.int(ConsumeFlags.jobs, in: 1...1000) ?? 1,
        prefetch: prefetch, policy: policy,
        jobTimeout: try invocation.duration(ConsumeFlags.jobTimeout), count: count,
        idleExit: idleExit, drains: drains, replies: invocation.isSet(ConsumeFlags.reply))
      if let grace = try invocation.duration(ConsumeFlags.grace) { worker.grace = grace }
      work = .run(worker)
      consumer.prefetch = worker.prefetch
    }
  }

  private static func policy(
    _ invocation: Invocation, _ place: QueuePlace
  ) throws(AdapterError) -> FailurePolicy {
    var policy = place.profile.policy
    if let count = try invocation.int(ConsumeFlags.maximumAttempts, in: 1...1_000_000) {
      policy.retry.attempts = count
    }
    if let delay = try invocation.duration(ConsumeFlags.backoff) { policy.retry.firstDelay = delay }
    if let delay = try invocation.duration(ConsumeFlags.backoffCap) {
      policy.retry.maximumDelay = delay
    }
    // What is given up of the profile's queue for dead letters is kept as dead letters there.
    if policy.deadLetterQueue == place.queue { policy.deadLetterQueue = nil }
    if let queue = invocation.string(ConsumeFlags.deadLetter) {
      try QueueName.check(queue)
      guard queue != place.queue else {
        throw AdapterError(
          .usage, "what was given up would go into the queue that it came from",
          hint: "name another queue behind --dead-letter")
      }
      policy.deadLetterQueue = queue
    }
    return policy
  }

  private static func refuse(
    _ flags: [FlagSpec], of invocation: Invocation, with: String? = nil, without: String? = nil
  ) throws(AdapterError) {
    for flag in flags where invocation.string(flag) != nil {
      throw AdapterError(
        .usage,
        with.map { "--\(flag.name) and \($0) exclude each other" }
          ?? "--\(flag.name) goes with \(without ?? "")")
    }
  }
}
