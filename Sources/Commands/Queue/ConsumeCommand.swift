import AdapterCore
import CLI
import Platform
import Queues

/// `nb queue consume`: takes messages, and prints them or runs a command for each.
enum ConsumeCommand: Command {
  static let spec = CommandSpec(
    path: ["queue", "consume"], summary: "Take messages: print them, or run a command for each",
    description: [
      """
      Without --exec each message is printed, and goes from the queue when it was written. With it \
      this is a worker: a message goes when the command for it has ended with 0. Either way one that \
      is not done with is handed out again: no message is lost, and one may come twice.
      """,
      """
      What a command's exit status means: 0 done; 65 the message is at fault, a dead letter at once; \
      126 and 127 the command cannot be run, which ends the worker and costs the message nothing; any \
      other, a signal or --job-timeout a failed attempt, made again after a random, growing wait until \
      --max-attempts is reached. Dead letters keep the reason and the end of the command's stderr.
      """,
      """
      After SIGTERM no more messages are taken, commands have --grace to end, and what was not done is \
      given back; the status is 0 then. A second SIGTERM kills the commands at once.
      """,
    ],
    arguments: [QueueFlags.target, QueueFlags.optionalQueue],
    flags: ConsumeFlags.all + MessageOutput.flags,
    examples: [
      Example(
        "nb queue consume jobs.db mail --exec ./send-mail", "A worker, one message at a time"),
      Example("nb queue consume jobs.db mail -j 8 --drain --exec sh -c 'wc -c'", "Eight at a time"),
      Example("nb queue consume jobs.db mail -n 1 --wait 5s -o raw", "One message, as it is"),
      Example("nb queue consume jobs.db mail --drain | jq .body", "All that is there, as NDJSON"),
    ],
    exitStatuses: [
      ExitStatusNote(66, "No such queue, group or command; with --wait, no message"),
      ExitStatusNote(77, "The command may not be executed"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> ConsumeOptions {
    try ConsumeOptions(invocation, context)
  }

  static func run(_ options: ConsumeOptions, _ context: CommandContext) throws(AdapterError) {
    let queues = try context.openQueue(options.place, .write)
    // Whether it is there is better known before a message has failed.
    if let queue = options.policy.deadLetterQueue { _ = try queues.statistics(of: queue) }
    let consumer = try queues.makeConsumer(of: options.place.queue, options.consumer)
    switch options.work {
    case .print(let output, let acknowledgement):
      let consumption = Consumption(consumer, of: queues, options, acknowledgement, context)
      defer { consumer.close() }
      try consumption.run(MessagePrinter(output, context))
    case .run(let worker):
      try work(
        Worker(consumer, of: queues, worker, context.operation, errors: 2), context)
    }
  }

  private static func work(_ worker: Worker, _ context: CommandContext) throws(AdapterError) {
    let summary = try worker.run()
    context.operation.metrics.add(rows: summary.done)
    if context.terminal.isTerminal(.errors) || summary.dead + summary.lost > 0 {
      context.operation.note(summary.text)
    }
    if summary.unforwarded > 0 {
      context.operation.note(
        "\(counted(summary.unforwarded, "byte")) of the commands' stderr are lost: nobody read them"
      )
    }
    try context.operation.checkUnlessTerminated()
  }
}
