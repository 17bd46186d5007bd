/// What some brokers can do and others cannot.
public enum QueueFeature: String, CaseIterable, Sendable {
  case delay, priority, ttl, dedupe
  case fifoGroups = "fifo-groups"
  case consumerGroups = "consumer-groups"
  case lease
  case leaseExtension = "lease-extension"
  case release
  case deadLetters = "dead-letters"
  case peek, tap, durability, routing
  case list

  /// What it is, in a few words.
  public var summary: String {
    switch self {
    case .delay: "messages that are handed out later"
    case .priority: "messages that overtake others"
    case .ttl: "messages that expire"
    case .dedupe: "a key that keeps a message from being published twice"
    case .fifoGroups: "groups whose messages are worked on one after another"
    case .consumerGroups: "several groups of consumers that each get every message"
    case .lease: "a time after which what is not settled is handed out again"
    case .leaseExtension: "work that takes longer than the lease"
    case .release: "work given back without an attempt counted"
    case .deadLetters: "messages kept apart after their last attempt"
    case .peek: "looking at messages without taking them"
    case .tap: "listening to what is published without taking it"
    case .durability: "messages that outlive a crash of the broker"
    case .routing: "exchanges that route by a key"
    case .list: "the names of all queues"
    }
  }
}

/// How a broker supports a feature.
public struct FeatureSupport: Equatable, Sendable {
  public enum Level: String, Sendable {
    /// The broker does it.
    case native
    /// nb does it by other means of the broker, with the same promise.
    case emulated
    /// Not wholly; the note says what is missing.
    case limited
    case unsupported
  }

  public var level: Level
  /// How, or what is missing.
  public var note: String

  public init(_ level: Level, _ note: String = "") {
    self.level = level
    self.note = note
  }
}
