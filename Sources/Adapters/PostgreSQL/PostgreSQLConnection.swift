import AdapterCore
import CPostgreSQL
import Platform
import Synchronization

/// One connection of libpq's, in non-blocking mode: every wait ends when the operation is cancelled.
///
/// The running statement is cancelled on the server first (PQcancel); what the server then says is
/// still read, so that the connection stays in step. A server that says nothing for some
/// seconds is given up.
final class PostgreSQLConnection {
  /// What a connection that is lost takes with it.
  enum Stake {
    /// The session only reads.
    case nothing
    /// A statement that commits by itself.
    case statement
    /// A transaction whose commit was not sent: the server rolls it back.
    case transaction
    case commit
  }

  /// How long a server may take to obey.
  private static let grace = Duration.seconds(5)

  let handle: OpaquePointer
  let displayName: String
  let operation: OperationContext
  private let canceller: PostgreSQLCanceller
  private var isClosed = false
  /// Set when the operation was cancelled: until when the server is still listened to.
  private var giveUpAt: MonotonicInstant?
  /// What is lost with the connection.
  var stake = Stake.statement
  /// Whether a BEGIN within a transaction is nothing to tell: nb itself began the outer one.
  var ignoresNestedBegin = false

  /// Takes ownership of a connection that stands.
  init(_ handle: OpaquePointer, displayName: String, operation: OperationContext) {
    self.handle = handle
    self.displayName = displayName
    self.operation = operation
    canceller = PostgreSQLCanceller(PQgetCancel(handle))
    PQsetnonblocking(handle, 1)
    PQsetNoticeReceiver(handle, receiveNotice, Unmanaged.passUnretained(self).toOpaque())
  }

  deinit { close() }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    canceller.close()
    PQfinish(handle)
  }

  /// Stops the statement that runs on the server. Callable from any thread.
  func interrupt() { canceller.cancel() }

  var isLost: Bool { isClosed || PQstatus(handle) == CONNECTION_BAD }
  var isIdle: Bool { !isClosed && PQtransactionStatus(handle) == PQTRANS_IDLE }
  var isInTransaction: Bool {
    guard !isClosed else { return false }
    let status = PQtransactionStatus(handle)
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
  }

  // MARK: Waiting

  /// From now on waits go on for the grace period although the operation is cancelled.
  func beginCleanup() {
    if giveUpAt == nil, operation.cancellation.isCancelled {
      giveUpAt = MonotonicInstant.now.advanced(by: Self.grace)
    }
  }

  private func wait(for readiness: Readiness) throws(AdapterError) {
    do throws(Errno) {
      if giveUpAt == nil {
        let result = try operation.wait(for: readiness, on: PQsocket(handle))
        if result == .ready { return }
        giveUpAt = MonotonicInstant.now.advanced(by: Self.grace)
        canceller.cancel()
      }
      let result = try waitUntilReady(
        PQsocket(handle), for: readiness, wake: WakeEvent(), until: giveUpAt)
      if result == .ready { return }
    } catch {
      throw AdapterError(
        .io, "cannot wait for \(displayName): \(error.message)", code: error.name)
    }
    close()
    throw operation.stopError
  }

  /// Sends what is buffered, and takes what comes meanwhile.
  func flush() throws(AdapterError) {
    // An error shows in the next result.
    while !isClosed, PQflush(handle) == 1 {
      try wait(for: [.readable, .writable])
      if PQconsumeInput(handle) == 0 { return }
    }
  }

  /// The next result of what was sent, which the caller clears; nil when there is none.
  func nextResult() throws(AdapterError) -> OpaquePointer? {
    guard !isClosed else { throw lost() }
    try flush()
    while PQisBusy(handle) != 0 {
      try wait(for: .readable)
      if PQconsumeInput(handle) == 0 { break }
    }
    return PQgetResult(handle)
  }

  /// Hands every result of what was sent to `take`, and clears it.
  func finish(
    _ take: (OpaquePointer) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    while let result = try nextResult() {
      defer { PQclear(result) }
      try take(result)
    }
  }

  /// Hands every result of a pipeline to `take`, up to the sync that ends it.
  func finishPipeline(_ take: (OpaquePointer) -> Void) throws(AdapterError) {
    var hasEnded = false
    while !isLost {
      guard let result = try nextResult() else {
        // Between the results of two commands there is one null.
        if hasEnded { return }
        hasEnded = true
        continue
      }
      hasEnded = false
      defer { PQclear(result) }
      if PQresultStatus(result) == PGRES_PIPELINE_SYNC { return }
      take(result)
    }
  }

  /// Has the rows of what was just sent come one by one (PQsetSingleRowMode).
  func startSingleRows() { PQsetSingleRowMode(handle) }

  /// The next row of a COPY TO STDOUT, to be freed by PQfreemem; nil at its end.
  func nextCopyRow() throws(AdapterError) -> UnsafeMutableBufferPointer<UInt8>? {
    while true {
      var row: UnsafeMutablePointer<CChar>?
      let count = PQgetCopyData(handle, &row, 1)
      if count > 0, let row {
        return row.withMemoryRebound(to: UInt8.self, capacity: Int(count)) {
          UnsafeMutableBufferPointer(start: $0, count: Int(count))
        }
      }
      guard count == 0 else { return nil }
      try wait(for: .readable)
      if PQconsumeInput(handle) == 0 { return nil }
    }
  }

  /// Takes what came unasked: the farewell of a server that closed the connection.
  func noticeLoss() { if !isClosed { PQconsumeInput(handle) } }

  // MARK: Sending

  /// Throws when a PQsend… function did not take its request.
  func check(sent status: Int32) throws(AdapterError) {
    if status == 0 { throw lost() }
  }

  /// The error of a connection that is gone; `reason` takes the place of libpq's.
  func lost(_ reason: String? = nil) -> AdapterError {
    if let error = operation.cancellation.error { return error }
    let text = isClosed ? "it is closed" : String(cString: PQerrorMessage(handle))
    let line = reason ?? text.split(separator: "\n").first.map(String.init) ?? "the server is gone"
    let during = stake == .commit ? " while it committed" : ""
    return AdapterError(
      .temporary, "lost the connection to \(displayName)\(during): \(line)", code: "08006",
      hint: stake.hint)
  }

  /// Ends whatever runs and throws its results away, so that the connection can be used again.
  func abandonResults() {
    guard !isLost else { return }
    beginCleanup()
    interrupt()
    while let result = try? nextResult() {
      let status = PQresultStatus(result)
      PQclear(result)
      if status == PGRES_COPY_OUT {
        while let row = try? nextCopyRow() { PQfreemem(row.baseAddress) }
      } else if status == PGRES_COPY_IN {
        PQputCopyEnd(handle, "given up")
      }
      if isLost { return }
    }
  }
}

extension PostgreSQLConnection.Stake {
  /// What to do about a connection that is lost.
  fileprivate var hint: String {
    switch self {
    case .nothing: "nb db ping --wait waits for the server"
    case .statement:
      "whether a write that was under way took effect is not known; look before repeating it"
    case .transaction: "the transaction is rolled back; run it again"
    case .commit: "whether the transaction took effect is not known; look before repeating it"
    }
  }
}

/// What stops a statement from any thread (PQgetCancel, PQcancel).
private final class PostgreSQLCanceller: Sendable {
  private struct Handle: @unchecked Sendable {
    var pointer: OpaquePointer?
  }

  private let handle: Mutex<Handle>

  init(_ pointer: OpaquePointer?) {
    let handle = Handle(pointer: pointer)
    self.handle = Mutex(handle)
  }

  func cancel() {
    handle.withLock { handle in
      guard let pointer = handle.pointer else { return }
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
        _ = PQcancel(pointer, message.baseAddress, Int32(message.count))
      }
    }
  }

  func close() {
    handle.withLock { handle in
      PQfreeCancel(handle.pointer)
      handle.pointer = nil
    }
  }
}

/// Hands the server's notices to a person (PQsetNoticeReceiver).
private func receiveNotice(_ context: UnsafeMutableRawPointer?, _ result: OpaquePointer?) {
  guard let context, let result else { return }
  let connection = Unmanaged<PostgreSQLConnection>.fromOpaque(context).takeUnretainedValue()
  let fields = PostgreSQLDiagnostics(result)
  if connection.ignoresNestedBegin, fields.sqlState == "25001" { return }
  connection.operation.note("\(fields.severity.lowercased()): \(fields.message)")
}
