import AdapterCore

/// Asking and answering by queues: the question names a queue for the answer, and a word that the
/// answer repeats.
extension Message {
  private static let replyTo = "reply-to"
  private static let correlation = "correlation-id"
  private static let error = "error"

  /// Where the reply goes; nil when none is asked for.
  public var replyQueue: String? { header(Self.replyTo) }

  /// Why there is no answer, in a reply.
  public var failure: String? { header(Self.error) }

  private func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  /// The message as a question.
  public func asking(replyTo queue: String, correlationID: String) -> Message {
    var message = self
    message.headers.removeAll { $0.name == Self.replyTo || $0.name == Self.correlation }
    message.headers.append(MessageHeader(Self.replyTo, queue))
    message.headers.append(MessageHeader(Self.correlation, correlationID))
    return message
  }

  /// The reply to this message.
  func reply(_ body: [UInt8], failure: String? = nil) -> Message {
    var reply = Message(body)
    if let word = header(Self.correlation) {
      reply.headers.append(MessageHeader(Self.correlation, word))
    }
    if let failure { reply.headers.append(MessageHeader(Self.error, failure)) }
    return reply
  }
}
