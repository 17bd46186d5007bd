/// How far a server is behind the one it replicates.
public protocol ReplicationStatus: AnyObject {
  /// How old the newest replicated change is; nil for a server that replicates no other.
  ///
  /// Throws `unavailable` when replication has stopped, `denied` when the user may not ask.
  func lag() throws(AdapterError) -> Duration?
}
