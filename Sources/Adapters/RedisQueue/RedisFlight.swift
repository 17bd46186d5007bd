import AdapterCore
import Transport

/// Commands about one key that were sent, until all of their replies are there.
final class RedisFlight {
  /// What may be done when an answer was lost, by when the command may have been carried out.
  enum Loss {
    /// Sent again: who asked can live with its being carried out twice.
    case repeats
    /// An error that says so.
    case isUnknown
  }

  let commands: [RedisCommand]
  let slot: Int
  let loss: Loss
  let patience: Duration
  var replies: [RedisReply?]
  /// Where replies are awaited, each behind one to ASKING if `isAsking`.
  var connection: RedisConnection?
  var isAsking = false
  /// Why some have no reply yet, and a further round may help.
  var failure: AdapterError?
  /// No further round helps.
  var fatal: AdapterError?
  /// The next round needs no wait.
  var isAtOnce = false
  /// Rounds that failed; too many without a wait between them are a loop.
  var failedRounds = 0
  /// Whether anything was sent in this round.
  var wasSent = false
  /// Those that the server has not carried out, by its own word.
  var refused: Set<Int> = []
  /// Where the next round goes, this once.
  var asked: TransportEndpoint?

  init(_ commands: [RedisCommand], slot: Int, loss: Loss, patience: Duration) {
    self.commands = commands
    self.slot = slot
    self.loss = loss
    self.patience = patience
    replies = Array(repeating: nil, count: commands.count)
  }

  var pending: [Int] { replies.indices.filter { replies[$0] == nil } }
  var finished: [RedisReply] { replies.compactMap { $0 } }

  /// Whether a command may have been carried out, and nothing tells.
  func isFateUnknown(of index: Int) -> Bool {
    replies[index] == nil && wasSent && !refused.contains(index)
  }
}
