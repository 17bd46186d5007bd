/// What a connection to queues is for.
public enum QueueAccess: Sendable {
  /// Looking only.
  case read
  /// Publishing, consuming and changing queues.
  case write
  /// As `write`; what holds the queues is made when it is not there.
  case create
}
