import AdapterCore
import Platform

/// Works messages off with a program: one process a message, several at the same time.
///
/// A message is acknowledged only after its program ended with 0. This thread looks after the
/// programs; `BrokerThread` takes messages and says what became of them.
public final class Worker {
  /// What the program's exit statuses mean (sysexits(3), sh(1)).
  private enum ExitStatus {
    static let done: Int32 = 0
    /// The message itself is at fault: trying again would not help.
    static let badMessage: Int32 = 65
    static let cannotRun: Int32 = 126
    static let notFound: Int32 = 127
  }

  private let options: WorkerOptions
  private let operation: OperationContext
  private let broker: BrokerThread
  private let reporter = WorkerReporter()
  /// Where what the programs print on stderr goes.
  private let errors: Int32
  private var summary = WorkerSummary()
  /// Taken and not begun.
  private var pending: [Delivery] = []
  private var running: [Job] = []
  /// Of what is held, when the lease is to be extended.
  private var renewals: [DeliveryReceipt: MonotonicInstant] = [:]
  /// What went to the queue for dead letters, and is acknowledged for that.
  private var givenUp: Set<DeliveryReceipt> = []
  /// Settlements on their way.
  private var unconfirmed = 0
  /// Until when the broker's last answers are awaited.
  private var answerLimit: MonotonicInstant?
  private var isReceiving = false
  /// Whether nothing can be settled any more.
  private var hasLostBroker = false
  private var lastMessage = MonotonicInstant.now
  /// When no more are begun: why, and until when those that run may.
  private var stop: (error: AdapterError?, limit: MonotonicInstant)?

  /// - Parameters:
  ///   - queues: the consumer's connection.
  ///   - errors: a descriptor for what the programs print on stderr.
  public init(
    _ consumer: any MessageConsumer, of queues: any MessageQueue, _ options: WorkerOptions,
    _ operation: OperationContext, errors: Int32
  ) throws(AdapterError) {
    self.options = options
    self.operation = operation
    self.errors = errors
    broker = try BrokerThread(consumer, of: queues)
  }

  /// Works until it is told to end, or there is no more to do.
  ///
  /// Throws what the broker reports, and `notFound` or `denied` for a program that cannot be run;
  /// what was taken and not done is given back first.
  public func run() throws(AdapterError) -> WorkerSummary {
    operation.cancellation.watch()
    reporter?.begin()
    while !isFinished, !hasGivenUp {
      takeNews()
      stopIfDue()
      for job in running where job.deadline.map({ $0 <= .now }) ?? false { job.deadlinePassed() }
      startJobs()
      renewLeases()
      receive()
      reporter?.report(summary, running: running.count, brokerBusySince: broker.busySince)
      if stop != nil, running.isEmpty, answerLimit == nil {
        answerLimit = MonotonicInstant.now.advanced(by: Self.answerPatience)
      }
      if !isFinished { try poll() }
    }
    broker.order { $0.ends = true }
    let limit = answerLimit ?? MonotonicInstant.now.advanced(by: Self.answerPatience)
    var hasEnded = broker.takeNews().hasEnded
    while !hasEnded, limit > .now {
      sleepFor(.milliseconds(1))
      hasEnded = broker.takeNews().hasEnded
    }
    if let error = stop?.error { throw error }
    guard hasEnded else {
      throw AdapterError(
        .temporary, "the broker does not answer", hint: "what was not settled comes again")
    }
    return summary
  }

  /// How long the broker may take for the last settlements once no command runs.
  private static let answerPatience = Duration.seconds(10)

  private var hasGivenUp: Bool { answerLimit.map { $0 <= .now } ?? false }

  private var isFinished: Bool {
    guard running.isEmpty, unconfirmed == 0 else { return false }
    return stop != nil && pending.isEmpty
  }

  /// Whether nothing is held.
  private var isIdle: Bool { running.isEmpty && pending.isEmpty && unconfirmed == 0 }

  // MARK: Waiting

  private func poll() throws(AdapterError) {
    var set = PollSet()
    set.add(broker.wake.rawValue, .readable)
    if stop == nil { set.add(operation.cancellation.wakeEvent.rawValue, .readable) }
    // Who does not take the programs' stderr holds up them, and not the worker.
    let canForward = isWritableNow(errors)
    let isWaited = running.contains { !$0.hasClosedErrors }
    if !canForward, isWaited { set.add(errors, .writable) }
    let watched = running.map { job in
      (
        job: job, end: set.add(job.end.rawValue, .readable),
        errors: canForward && !job.hasClosedErrors
          ? set.add(job.errorsDescriptor, .readable) : nil
      )
    }
    do throws(Errno) {
      try set.wait(until: nextInstant)
    } catch {
      throw AdapterError(.bug, "cannot wait for programs: \(error.message)", code: error.name)
    }
    for (job, end, place) in watched {
      if let place, set.isReady(place), isWritableNow(errors) { _ = job.readErrors(to: errors) }
      if set.isReady(end) { finish(job) }
    }
  }

  private var nextInstant: MonotonicInstant? {
    var instants = running.compactMap(\.deadline) + Array(renewals.values)
    if let stop, stop.limit > .now { instants.append(stop.limit) }
    if let answerLimit { instants.append(answerLimit) }
    if let reporter { instants.append(reporter.nextReport) }
    if stop == nil, let idle = options.idleExit {
      instants.append(lastMessage.advanced(by: idle))
    }
    return instants.min()
  }

  private func takeNews() {
    let news = broker.takeNews()
    if let failure = news.failure {
      hasLostBroker = true
      unconfirmed = 0
      pending = []
      renewals = [:]
      begin(stop: failure, patience: .zero)
    }
    for (settlement, isOwn) in news.settled { count(settlement, isOwn: isOwn) }
    for (receipt, end) in news.extended { renewed(receipt, until: end) }
    if !news.deliveries.isEmpty || news.isDry { isReceiving = false }
    for delivery in news.deliveries { take(delivery) }
    if news.isDry, options.drains, isIdle { begin(stop: nil, patience: .zero) }
  }

  private func take(_ delivery: Delivery) {
    lastMessage = .now
    guard !options.policy.isUsedUp(delivery) else {
      return settle(delivery, options.policy.outcomeOfUsedUp)
    }
    pending.append(delivery)
    if let end = delivery.leaseEnd { scheduleRenewal(delivery.receipt, leaseEnd: end) }
  }

  // MARK: Programs

  private func startJobs() {
    guard stop == nil else { return giveBackPending() }
    while running.count < options.jobs, let delivery = pending.first {
      do throws(Errno) {
        running.append(try Job(delivery, options))
        pending.removeFirst()
      } catch {
        if error.isShortage {
          // The next try is when one of them has ended.
          if running.isEmpty { lacksResources(error) }
          return
        }
        pending.removeFirst()
        cannotRun(delivery.receipt, error.message, isMissing: error == .noSuchFile)
        return giveBackPending()
      }
    }
  }

  private func finish(_ job: Job) {
    // What it has started, and ended with it, must not outlive it.
    if job.ending != nil { job.process.send(signal: SignalNumber.kill) }
    guard let end = (try? job.process.poll()) ?? nil else { return }
    summary.unforwarded += job.readRest(to: errors)
    running.removeAll { $0 === job }
    lastMessage = .now
    let receipt = job.delivery.receipt
    switch (job.ending, end) {
    case (.leaseLost, _): summary.lost += 1
    // Whatever its status: many a program ends with 0 when it is told to end before it is done.
    case (.shutDown, _): settle(receipt, .release)
    case (.timedOut, _):
      fail(job, "timed out after \((options.jobTimeout ?? .zero).secondsText)")
    case (nil, .exited(ExitStatus.done)): finishWell(job)
    case (nil, .exited(ExitStatus.badMessage)):
      giveUp(
        job, .deadLetter(reason: "the message was refused: exit status 65", output: job.output))
    case (nil, .exited(ExitStatus.cannotRun)), (nil, .exited(ExitStatus.notFound)):
      let isMissing = end == .exited(ExitStatus.notFound)
      cannotRun(
        receipt, isMissing ? "it, or what it runs, was not found" : "it cannot be executed",
        isMissing: isMissing)
    case (nil, .exited(let status)): fail(job, "exit status \(status)")
    case (nil, .signalled(let signal)): fail(job, "killed by signal \(signal)")
    }
  }

  private func fail(_ job: Job, _ reason: String) {
    giveUp(
      job,
      options.policy.outcome(
        ofAttempt: job.delivery.attempt, reason: reason, output: job.output))
  }

  private func finishWell(_ job: Job) {
    do throws(Errno) {
      if let reply = try job.reply() { send(reply, to: job.delivery.message) }
      settle(job.delivery.receipt, .acknowledge)
    } catch {
      fail(job, "its reply is too large, or cannot be read: \(error.message)")
    }
  }

  /// Settles a message whose work failed; who asked is told when it is not tried again.
  private func giveUp(_ job: Job, _ outcome: Settlement.Outcome) {
    if case .deadLetter(let reason, _) = outcome, options.replies {
      send(job.delivery.message.reply([], failure: reason), to: job.delivery.message)
    }
    settle(job.delivery, outcome)
  }

  /// Settles a message whose work failed: a dead letter may have a queue of its own to go to.
  private func settle(_ delivery: Delivery, _ outcome: Settlement.Outcome) {
    guard let queue = options.policy.deadLetterQueue, !hasLostBroker,
      let letter = delivery.deadLetter(of: outcome)
    else { return settle(delivery.receipt, outcome) }
    broker.order { $0.deadLetters.append((letter, queue)) }
    givenUp.insert(delivery.receipt)
    settle(delivery.receipt, .acknowledge)
  }

  private func send(_ reply: Message, to question: Message) {
    guard !hasLostBroker, let queue = question.replyQueue else { return }
    broker.order { $0.replies.append((reply, queue)) }
  }

  /// A program that cannot be run would burn all messages: the worker ends, and they stay.
  private func cannotRun(_ receipt: DeliveryReceipt, _ reason: String, isMissing: Bool) {
    settle(receipt, .release)
    let command = options.command.first ?? ""
    let error = AdapterError(
      isMissing ? .notFound : .denied, "cannot run \(command): \(reason)",
      hint: "the messages were given back; check the command behind --exec")
    begin(stop: error, patience: options.grace)
  }

  /// Not one program can be started for want of descriptors, processes or memory.
  private func lacksResources(_ error: Errno) {
    begin(
      stop: AdapterError(
        .temporary, "cannot run \(options.command.first ?? ""): \(error.message)",
        hint: "the messages were given back; ulimit -n and ulimit -u show the limits"),
      patience: .zero)
  }

  // MARK: Ending

  private func stopIfDue() {
    if stop == nil { beginStopIfDue() }
    guard let stop, stop.limit <= .now else { return }
    for job in running { job.stop(.shutDown) }
  }

  private func beginStopIfDue() {
    if let reason = operation.cancellation.reason {
      // --timeout is for all of the command, its end included.
      begin(stop: nil, patience: reason == .timeout ? .zero : options.grace)
      guard reason != .timeout, !running.isEmpty else { return }
      operation.note(
        "waiting up to \(options.grace.secondsText) for \(counted(running.count, "command")) to end; "
          + "the same signal again kills")
    } else if let count = options.count, summary.settled + summary.lost >= count {
      begin(stop: nil, patience: options.grace)
    } else if let idle = options.idleExit, isIdle, lastMessage.advanced(by: idle) <= .now {
      begin(stop: nil, patience: .zero)
    }
  }

  private func begin(stop error: AdapterError?, patience: Duration) {
    guard stop == nil else { return }
    stop = (error, MonotonicInstant.now.advanced(by: patience))
    reporter?.end()
    giveBackPending()
  }

  private func giveBackPending() {
    for delivery in pending { settle(delivery.receipt, .release) }
    pending = []
  }

  // MARK: The broker

  private func receive() {
    guard stop == nil, !isReceiving else { return }
    let held = pending.count + running.count
    var wanted = options.prefetch - held
    if let count = options.count {
      wanted = min(wanted, count - summary.settled - summary.lost - held - unconfirmed)
    }
    guard wanted > 0 else { return }
    isReceiving = true
    // Settlements may follow soon while programs run, and must not wait for messages long.
    let wait: Duration =
      !isIdle ? .milliseconds(20) : options.drains ? .zero : .milliseconds(500)
    broker.order {
      $0.wanted = wanted
      $0.wait = wait
    }
  }

  private func settle(_ receipt: DeliveryReceipt, _ outcome: Settlement.Outcome) {
    renewals[receipt] = nil
    guard !hasLostBroker else { return }
    unconfirmed += 1
    broker.order { $0.settlements.append(Settlement(receipt, outcome)) }
  }

  private func count(_ settlement: Settlement, isOwn: Bool) {
    unconfirmed -= 1
    let wasGivenUp = givenUp.remove(settlement.receipt) != nil
    guard isOwn else {
      summary.lost += 1
      return
    }
    switch settlement.outcome {
    case .acknowledge where wasGivenUp: summary.dead += 1
    case .acknowledge: summary.done += 1
    case .retry: summary.retried += 1
    case .release: summary.released += 1
    case .deadLetter: summary.dead += 1
    }
  }

  // MARK: Leases

  /// At a third of the lease, so that two attempts may fail.
  private func scheduleRenewal(_ receipt: DeliveryReceipt, leaseEnd: MonotonicInstant) {
    let lease = leaseEnd.since(.now)
    renewals[receipt] = MonotonicInstant.now.advanced(by: lease / 3)
  }

  private func renewLeases() {
    let due = renewals.filter { $0.value <= .now }.map(\.key)
    guard !due.isEmpty else { return }
    for receipt in due { renewals[receipt] = nil }
    broker.order { $0.extensions += due }
  }

  private func renewed(_ receipt: DeliveryReceipt, until end: MonotonicInstant?) {
    let job = running.first { $0.delivery.receipt == receipt }
    let isPending = pending.contains { $0.receipt == receipt }
    guard job != nil || isPending else { return }
    if let end { return scheduleRenewal(receipt, leaseEnd: end) }
    job?.stop(.leaseLost)
    if isPending {
      pending.removeAll { $0.receipt == receipt }
      summary.lost += 1
    }
  }
}

extension Errno {
  /// Of what a machine has only so much of (posix_spawn(3), pipe(2)).
  fileprivate var isShortage: Bool {
    self == .tooManyOpenFiles || self == .tooManyOpenFilesInSystem || self == .wouldBlock
      || self == .outOfMemory
  }
}
