import AdapterCore

/// Messages that were given up as messages of another queue.
extension Delivery {
  /// The message with headers that tell why it was given up; nil for any other outcome.
  public func deadLetter(of outcome: Settlement.Outcome) -> Message? {
    guard case .deadLetter(let reason, let output) = outcome else { return nil }
    var letter = Message(
      message.body, headers: message.headers.filter { !$0.name.hasPrefix("nb-dead-") },
      contentType: message.contentType)
    letter.headers += [
      MessageHeader("nb-dead-queue", queue), MessageHeader("nb-dead-reason", reason),
      MessageHeader("nb-dead-attempts", String(attempt)),
    ]
    if let output { letter.headers.append(MessageHeader("nb-dead-output", output)) }
    return letter
  }
}

extension MessageQueue {
  /// Publishes messages, and throws unless each of them was accepted.
  public func publishAll(
    _ messages: [Message], to queue: String, isStoppable: Bool = true
  ) throws(AdapterError) {
    for outcome in try publish(messages, to: queue, isStoppable: isStoppable) {
      _ = try outcome.get()
    }
  }
}
