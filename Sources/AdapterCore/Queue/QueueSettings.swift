/// What a queue is created with; nil: the broker's default.
public struct QueueSettings: Equatable, Sendable {
  /// How long a consumer has a message before somebody else gets it.
  public var lease: Duration?
  /// Of messages that name none.
  public var timeToLive: Duration?
  /// How long a deduplication key is remembered.
  public var deduplicationWindow: Duration?
  /// The highest priority that messages may have.
  public var highestPriority: Int?
  /// Groups of consumers that each get every message from now on; a queue that is made with some
  /// has no consumers of its own.
  public var groups: [String]
  /// Whether it goes soon after its one consumer died: a queue for a reply.
  public var isTemporary: Bool

  public init(
    lease: Duration? = nil, timeToLive: Duration? = nil, deduplicationWindow: Duration? = nil,
    highestPriority: Int? = nil, groups: [String] = [], isTemporary: Bool = false
  ) {
    self.lease = lease
    self.timeToLive = timeToLive
    self.deduplicationWindow = deduplicationWindow
    self.highestPriority = highestPriority
    self.groups = groups
    self.isTemporary = isTemporary
  }
}

/// How many messages a queue has, and in what state.
public struct QueueStatistics: Equatable, Sendable {
  public var queue: String
  /// nil: of the queue's own consumers.
  public var group: String?
  /// Can be handed out now.
  public var ready: Int
  /// Wait for their time, or for one of their group before them; nil where the broker does not know.
  public var delayed: Int?
  /// Handed out and not settled; nil where the broker does not know.
  public var inFlight: Int?
  public var dead: Int
  /// For how long the first of those that are ready could have been handed out; nil without one, or
  /// where the broker does not know.
  public var oldestAge: Duration?
  /// nil where the broker does not know.
  public var consumers: Int?

  public init(
    queue: String, group: String? = nil, ready: Int = 0, delayed: Int? = 0, inFlight: Int? = 0,
    dead: Int = 0, oldestAge: Duration? = nil, consumers: Int? = nil
  ) {
    self.queue = queue
    self.group = group
    self.ready = ready
    self.delayed = delayed
    self.inFlight = inFlight
    self.dead = dead
    self.oldestAge = oldestAge
    self.consumers = consumers
  }
}

/// How a consumer takes messages.
public struct ConsumerOptions: Equatable, Sendable {
  /// A group of consumers that gets every message; nil: the queue's own.
  public var group: String?
  /// In place of the queue's.
  public var lease: Duration?
  /// Messages that are held at most.
  public var prefetch: Int

  public init(group: String? = nil, lease: Duration? = nil, prefetch: Int = 1) {
    self.group = group
    self.lease = lease
    self.prefetch = prefetch
  }
}
