import AdapterCore
import CMariaDB
import Platform
import Synchronization

/// Stops the statement that runs on a connection: KILL QUERY on a second one, for the first is busy.
///
/// The database's thread says when a statement runs; `stop` and `interrupt` are for any thread.
final class MySQLCanceller: Sendable {
  private struct State {
    var isRunning = false
    /// Counts statements, so that the one that was to be stopped can be told from the next.
    var statement = 0
  }

  private let connection: MySQLConnection
  private let endpoint: MySQLEndpoint
  private let serverThread: UInt
  private let state = Mutex(State())
  private let condition = Condition()

  /// How long a statement has to end after it was killed, before the socket is cut.
  private static let patience = Duration.seconds(5)

  init(_ connection: MySQLConnection, to endpoint: MySQLEndpoint) {
    self.connection = connection
    var endpoint = endpoint
    endpoint.settings.limitWaits(seconds: 5)
    endpoint.initialCommands = []
    self.endpoint = endpoint
    serverThread = connection.serverThread
  }

  /// Called by the database's thread before and after whatever it sends.
  func begin() {
    state.withLock { state in
      state.isRunning = true
      state.statement += 1
    }
  }

  func end() {
    state.withLock { $0.isRunning = false }
    condition.withLock { condition.wakeAll() }
  }

  /// The statement that runs now; nil when none does.
  private var current: Int? { state.withLock { $0.isRunning ? $0.statement : nil } }

  /// Kills the running statement once.
  func interrupt() {
    if current != nil { _ = kill() }
  }

  /// Kills the running statement until it has ended: a KILL that comes before the server has begun the
  /// statement is lost. When that does not help, for the server cannot be reached any more, cuts the
  /// connection.
  func stop() {
    guard let statement = current else { return }
    let end = MonotonicInstant.now.advanced(by: Self.patience)
    while current == statement {
      guard kill(), MonotonicInstant.now < end else { return connection.cut() }
      let pause = MonotonicInstant.now.advanced(by: .milliseconds(200))
      condition.withLock {
        while current == statement, condition.wait(until: pause) {}
      }
    }
  }

  /// Kills what runs on the server for this connection, from its own thread: the rows that are left
  /// of a result nobody wants any more. Cuts the connection when that fails.
  func killOrCut() {
    if !kill() { connection.cut() }
  }

  private func kill() -> Bool {
    guard case .connected(let other) = endpoint.connectNow() else { return false }
    let isDone = other.run("KILL QUERY \(serverThread)")
    // The statement may have ended before; its thread then has nothing to kill.
    return isDone || mysql_errno(other.handle) == MySQLFailure.noSuchThread
  }
}
