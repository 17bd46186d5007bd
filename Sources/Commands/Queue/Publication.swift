import AdapterCore
import Platform
import Queues

/// Publishes what a source gives, and tells what became of it.
final class Publication {
  private let queues: any MessageQueue
  private let options: PublishCommand.Options
  private let context: CommandContext
  private let sink: (any RowSink)?
  private var accepted = 0
  private var duplicates = 0
  private var refused = 0
  private var firstRefusal: AdapterError?

  init(
    _ queues: any MessageQueue, _ options: PublishCommand.Options, _ context: CommandContext
  ) {
    self.queues = queues
    self.options = options
    self.context = context
    sink = options.output.map(context.makeRowSink)
  }

  /// Throws what the broker reports, with how many messages it had accepted by then.
  func run() throws(AdapterError) {
    try sink?.begin(columns: [
      Column(name: "number", kind: .integer), Column(name: "id", kind: .text),
      Column(name: "result", kind: .text),
    ])
    let source = MessageSource(
      options.source, each: options.each, template: options.template, context.operation)
    do throws(AdapterError) {
      try publish(source)
      try sink?.finish()
    } catch {
      try? sink?.finish()
      throw withCount(error)
    }
    if let firstRefusal {
      var error = firstRefusal
      error.details.append("\(refused) refused, \(accepted) accepted")
      throw error
    }
    note()
  }

  private func publish(_ source: MessageSource) throws(AdapterError) {
    let publisher = try queues.makePublisher(to: options.place.queue)
    var failure: AdapterError?
    do throws(AdapterError) {
      try source.read {
        () throws(AdapterError) in
        // Whoever pipes messages in wants to know as they are accepted.
        try publisher.finish()
        try tell(publisher.takeOutcomes())
      } _: { records throws(AdapterError) in
        try send(records.map(\.message), publisher)
      }
    } catch {
      failure = error
    }
    // What was sent before a malformed record is published all the same.
    do throws(AdapterError) {
      try publisher.finish()
    } catch {
      // It tells how many messages have an unknown fate.
      if failure == nil || failure?.kind == error.kind {
        failure = error
      } else {
        failure?.details += [error.message] + error.details
      }
    }
    try tell(publisher.takeOutcomes())
    if let failure { throw failure }
    // Nothing was there to find out that the queue is not.
    if accepted + refused == 0 { try publisher.send([]) }
  }

  private func send(
    _ messages: [Message], _ publisher: any MessagePublisher
  ) throws(AdapterError) {
    for message in messages {
      if options.each == .ndjson { try queues.requireFeatures(of: message) }
      context.operation.metrics.add(bytes: message.body.count)
    }
    try publisher.send(messages)
    try tell(publisher.takeOutcomes())
  }

  private func tell(
    _ outcomes: [Result<PublishReceipt, AdapterError>]
  ) throws(AdapterError) {
    for outcome in outcomes { try count(outcome) }
    context.operation.metrics.add(rows: outcomes.count)
    guard let sink, !outcomes.isEmpty else { return }
    try sink.releaseRows()
    try context.flush()
  }

  private func count(
    _ outcome: Result<PublishReceipt, AdapterError>
  ) throws(AdapterError) {
    var result = "accepted"
    var id: String?
    switch outcome {
    case .success(let receipt):
      id = receipt.id
      accepted += 1
      if receipt.isDuplicate {
        duplicates += 1
        result = "duplicate"
      }
    case .failure(let error):
      refused += 1
      firstRefusal = firstRefusal ?? error
      result = error.message
    }
    guard let sink else { return }
    sink.int(Int64(accepted + refused))
    sink.push(id.map { .text($0) } ?? .null)
    sink.push(.text(result))
    try sink.endRow()
  }

  private func withCount(_ error: AdapterError) -> AdapterError {
    guard options.each != nil, accepted > 0 else { return error }
    var error = error
    error.details.append("\(counted(accepted, "message")) accepted before that")
    return error
  }

  private func note() {
    guard context.terminal.isTerminal(.errors) else { return }
    let known = duplicates > 0 ? ", \(duplicates) of them there already" : ""
    context.operation.note(
      "\(counted(accepted, "message")) published to \(options.place.queue)\(known)")
  }
}
