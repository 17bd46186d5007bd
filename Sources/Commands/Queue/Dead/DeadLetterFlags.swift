import AdapterCore
import CLI
import Platform
import Queues

/// Which dead letters a command is about.
enum DeadLetterFlags {
  static let ids = ArgumentSpec("ID", .repeated, summary: "These; as nb queue dead list names them")

  static let olderThan = FlagSpec(
    "older-than", .value(name: "DURATION"), summary: "Those that died that long ago or longer: 7d")

  static let reason = FlagSpec(
    "reason", .value(name: "TEXT"), summary: "Those whose reason holds this text")

  static let all = FlagSpec("all", summary: "All of them")

  static let dryRun = FlagSpec("dry-run", summary: "Print them, and change nothing")

  static let filters = [olderThan, reason]

  static func filter(_ invocation: Invocation) throws(AdapterError) -> DeadLetterFilter {
    if let age = invocation.string(olderThan), age.allSatisfy({ $0.isNumber || $0 == "." }) {
      throw AdapterError(
        .usage, "--older-than takes a duration with its unit, not '\(age)'",
        hint: "\(age)d is days, \(age)h hours")
    }
    let age = try invocation.duration(olderThan)
    return DeadLetterFilter(
      ids: Array(invocation.arguments.dropFirst(2)),
      diedBefore: age.map { millisecondsSince1970() - $0.inNanoseconds / 1_000_000 },
      reason: invocation.string(reason))
  }
}

/// What a command that changes dead letters is to do.
struct DeadLetterWork {
  var place: QueuePlace
  var filter: DeadLetterFilter
  var isDryRun: Bool
  var output: RecordOutputOptions

  /// Throws `usage` unless it is said which: none in particular would be all of them.
  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    place = try QueuePlace(invocation, context)
    filter = try DeadLetterFlags.filter(invocation)
    isDryRun = invocation.isSet(DeadLetterFlags.dryRun)
    output = try RecordOutputOptions(invocation, context)
    let isNarrowed = filter != DeadLetterFilter()
    guard isNarrowed != invocation.isSet(DeadLetterFlags.all) else {
      throw AdapterError(
        .usage, isNarrowed ? "--all and a choice exclude each other" : "say which dead letters",
        hint: "IDs, --older-than, --reason or --all")
    }
  }

  /// Throws `notFound` unless all dead letters are there that were named.
  func requireAll(in store: any DeadLetterStore) throws(AdapterError) {
    guard !filter.ids.isEmpty else { return }
    var missing = filter.ids
    try store.list(of: place.queue, DeadLetterFilter(ids: filter.ids), count: nil) { letter in
      missing.removeAll { $0 == letter.id }
    }
    guard let id = missing.first else { return }
    throw .missingDeadLetter(id, of: place.queue)
  }

  /// Prints what would be changed.
  func show(_ store: any DeadLetterStore, _ context: CommandContext) throws(AdapterError) {
    let records = DeadLetterRecords(context.makeRowSink(output))
    try records.begin()
    try store.list(of: place.queue, filter, count: nil) { letter throws(AdapterError) in
      try records.append(letter)
    }
    try records.finish()
  }
}

/// Dead letters as records, without their bodies.
struct DeadLetterRecords {
  private let sink: any RowSink

  init(_ sink: any RowSink) { self.sink = sink }

  func begin() throws(AdapterError) {
    try sink.begin(columns: [
      Column(name: "id", kind: .text), Column(name: "died_at", kind: .timestamp),
      Column(name: "attempts", kind: .integer), Column(name: "reason", kind: .text),
      Column(name: "group", kind: .text), Column(name: "published_at", kind: .timestamp),
      Column(name: "content_type", kind: .text), Column(name: "bytes", kind: .integer),
    ])
  }

  func append(_ letter: DeadLetter) throws(AdapterError) {
    sink.push(.text(letter.id))
    sink.push(MessageRecord.time(letter.diedAt))
    sink.int(Int64(letter.attempts))
    sink.push(.text(letter.reason))
    sink.push(letter.group.map { .text($0) } ?? .null)
    sink.push(MessageRecord.time(letter.publishedAt))
    sink.push(letter.message.contentType.map { .text($0) } ?? .null)
    sink.int(Int64(letter.message.body.count))
    try sink.endRow()
  }

  func finish() throws(AdapterError) { try sink.finish() }
}

extension AdapterError {
  static func missingDeadLetter(_ id: String, of queue: String) -> AdapterError {
    AdapterError(
      .notFound, "queue '\(queue)' has no dead letter '\(id)'",
      hint: "nb queue dead list shows them")
  }
}
