import AdapterCore

/// How a worker works.
public struct WorkerOptions: Equatable, Sendable {
  /// The program and its arguments.
  public var command: [String]
  /// Messages that are worked on at the same time.
  public var jobs: Int
  /// Messages that are held at most, those that are worked on included.
  public var prefetch: Int
  public var policy: FailurePolicy
  /// How long the work of one message may take; nil: as long as it likes.
  public var jobTimeout: Duration?
  /// How long work may go on after SIGTERM.
  public var grace: Duration
  /// Ends after this many messages.
  public var count: Int?
  /// Ends when no message came for so long.
  public var idleExit: Duration?
  /// Ends when there is no message to be had now.
  public var drains: Bool
  /// Whether what the program prints on stdout is the reply to a message that asks for one.
  public var replies: Bool

  public init(
    command: [String], jobs: Int = 1, prefetch: Int? = nil,
    policy: FailurePolicy = FailurePolicy(), jobTimeout: Duration? = nil,
    grace: Duration = .seconds(30), count: Int? = nil, idleExit: Duration? = nil,
    drains: Bool = false,
    replies: Bool = false
  ) {
    self.command = command
    self.jobs = jobs
    self.prefetch = max(prefetch ?? jobs, jobs)
    self.policy = policy
    self.jobTimeout = jobTimeout
    self.grace = grace
    self.count = count
    self.idleExit = idleExit
    self.drains = drains
    self.replies = replies
  }
}

/// What a worker did.
public struct WorkerSummary: Equatable, Sendable {
  /// Messages whose work was done, and acknowledged.
  public var done = 0
  /// Attempts that failed and will be made again.
  public var retried = 0
  public var dead = 0
  /// Given back without an attempt counted.
  public var released = 0
  /// Bytes of stderr that nobody took.
  public var unforwarded = 0
  /// Whose lease had ended: somebody else has them, or will.
  public var lost = 0

  /// What is not nought, and how many are done.
  public var text: String {
    let figures = [
      (done, "done"), (retried, "to be tried again"), (dead, "dead"), (released, "given back"),
      (lost, "lost to another consumer"),
    ].filter { $0.0 > 0 || $0.1 == "done" }
    return figures.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  }

  /// Messages that this worker is done with.
  var settled: Int { done + retried + dead }
}
