import AdapterCore
import CPostgreSQL

/// One connection to a PostgreSQL database.
final class PostgreSQLDatabase: SQLDatabase {
  let connection: PostgreSQLConnection
  let access: SQLOpenOptions.Access
  let dialect = SQLDialect.postgresql
  /// Whether the connection goes through a pooler (PgBouncer), which may give each transaction
  /// another session; asked for when it matters.
  private(set) lazy var isPooled: Bool = {
    var backend: Int32?
    try? send("SELECT pg_backend_pid()") { result in
      backend = PQgetvalue(result, 0, 0).flatMap { Int32(String(cString: $0)) }
    }
    return backend != PQbackendPID(connection.handle)
  }()
  /// How long statements of a writing transaction wait for a lock; nil: as the session says.
  var lockWait: Duration?
  /// Whether the open transaction is read-only and can no longer be made anything else.
  private var isGuarded = false
  private var statementNumber = 0
  /// What has rows or runs on their way: they come before anything else that is run.
  weak var pendingWork: (any PostgreSQLPendingWork)?

  init(_ connection: PostgreSQLConnection, access: SQLOpenOptions.Access) {
    self.connection = connection
    self.access = access
    connection.ignoresNestedBegin = access == .read
    setStake(.statement)
  }

  var operation: OperationContext { connection.operation }
  var displayName: String { connection.displayName }

  /// Settings that reading values depends on; set only where the server's differ, for behind a pooler
  /// they would stay with a session that others use too.
  private var pinned: [(name: String, value: String)] {
    let digits = PQserverVersion(connection.handle) >= 120_000 ? "1" : "3"
    return [
      ("standard_conforming_strings", "on"), ("bytea_output", "hex"), ("DateStyle", "ISO"),
      ("IntervalStyle", "postgres"), ("xmlbinary", "base64"), ("extra_float_digits", digits),
    ]
  }

  /// Those that the server has not told already, each to be asked for by a SHOW, which costs a new
  /// session half of what a query does.
  private lazy var asked = pinned.filter { PQparameterStatus(connection.handle, $0.name) == nil }
  /// Whether the session's own are yet to be looked at: until then each transaction that only reads has
  /// them for itself.
  private var isUnpinned = false
  /// What such a transaction begins with, two statements; the second is also the query without which it
  /// could still be made to write.
  private lazy var pinnedBeginning: [String] = {
    let different = told.filter { !Self.agrees($0.1, $0.0.value) }.map(\.0)
    let settings = (asked + different).map { "set_config('\($0.name)', '\($0.value)', true)" }
    return [Self.readOnlyBeginning[0], "SELECT " + settings.joined(separator: ", ")]
  }()

  /// Sets up a fresh connection, as a rule in one round trip; in none where it only reads, for that
  /// begins with a transaction.
  func configure(_ settings: PostgreSQLSettings) throws(AdapterError) {
    if access == .read, settings.session.isEmpty {
      isUnpinned = true
      return
    }
    var sql = asked.map { "SHOW \($0.name)" }
    for setting in settings.session {
      let name = dialect.literal(setting.key.lowercased())
      let value = Self.escapedLiteral(setting.value)
      sql.append("SELECT set_config(\(name), \(value), false)")
    }
    var values: [String] = []
    do throws(AdapterError) {
      try send(sql.joined(separator: "; ")) { result in
        if let text = PQgetvalue(result, 0, 0) { values.append(String(cString: text)) }
      }
    } catch {
      // Each that came before gave a row.
      let index = values.count - asked.count
      guard error.kind == .failed || error.kind == .data,
        settings.session.indices.contains(index)
      else { throw error }
      let setting = settings.session[index]
      throw setting.error("\(setting.key): \(error.message)", hint: error.hint)
    }
    if let correction = correction(of: values) { try run(correction) }
  }

  /// What sets the settings that are not as they must be, by what the server told and answered; nil when
  /// all are.
  private func correction(of answers: [String]) -> String? {
    let different = (told + zip(asked, answers)).filter { setting, value in
      !Self.agrees(value, setting.value)
    }
    guard !different.isEmpty else { return nil }
    return different.map { "SET \($0.0.name) = \(dialect.literal($0.0.value))" }
      .joined(separator: "; ")
  }

  /// Those that the server told, with their values.
  private var told: [((name: String, value: String), String)] {
    pinned.compactMap { setting in
      PQparameterStatus(connection.handle, setting.name).map { (setting, String(cString: $0)) }
    }
  }

  private static func agrees(_ value: String, _ wanted: String) -> Bool {
    value.prefix { $0 != "," }.lowercased() == wanted.lowercased()
  }

  /// Pins them in the session, before a statement that may set them otherwise.
  func pinSettings() throws(AdapterError) {
    guard isUnpinned, connection.isIdle else { return }
    try pendingWork?.settle()
    isUnpinned = false
    var answers: [String] = []
    try send(asked.map { "SHOW \($0.name)" }.joined(separator: "; ")) { result in
      if let text = PQgetvalue(result, 0, 0) { answers.append(String(cString: text)) }
    }
    if let correction = correction(of: answers) { try run(correction) }
  }

  /// A literal that reads the same whatever standard_conforming_strings says.
  static func escapedLiteral(_ text: String) -> String {
    let escaped = text.split(separator: "\\", omittingEmptySubsequences: false)
      .joined(separator: "\\\\")
    return " E" + SQLDialect.postgresql.literal(escaped)
  }

  // MARK: Running

  /// Runs fixed SQL, several statements if need be, without reading rows.
  func run(_ sql: String) throws(AdapterError) { try send(sql) { _ in } }

  private func send(
    _ sql: String, _ take: (OpaquePointer) -> Void
  ) throws(AdapterError) {
    try connection.check(sent: PQsendQuery(connection.handle, sql))
    var failure: AdapterError?
    while let result = try connection.nextResult() {
      defer { PQclear(result) }
      switch PQresultStatus(result) {
      case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE: failure = failure ?? error(result)
      default: take(result)
      }
    }
    if let failure { throw failure }
  }

  /// Runs `body` so that nothing it runs can write, where the connection is for reading.
  ///
  /// The server enforces it by a read-only transaction, which no statement can make read-write once
  /// a query ran in it; default_transaction_read_only alone could be switched off. A transaction
  /// that was begun for this ends with the statement, so that no lock outlives it.
  ///
  /// - Parameter describe: what the body begins with, in a pipeline behind these commands.
  func guarded<Result>(
    describing describe: ((_ commands: [String]) throws(AdapterError) -> Void)? = nil,
    _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    try pendingWork?.settle()
    guard access == .read else {
      try describe?([])
      return try body()
    }
    let isOwn = connection.isIdle
    isTransactionOwn = isOwn
    defer { isTransactionOwn = false }
    do throws(AdapterError) {
      if isOwn, let describe {
        try describe(isUnpinned ? pinnedBeginning : Self.readOnlyBeginning)
        isGuarded = true
      } else {
        if isOwn || !isGuarded { try beginReading() }
        try describe?([])
      }
      let result = try body()
      if isOwn, !isTransactionKept, !connection.isIdle { try run("COMMIT") }
      return result
    } catch {
      if isOwn { rollback() }
      throw error
    }
  }

  /// Begins a transaction that no statement can make anything but read-only, or makes the open one
  /// so.
  func beginReading() throws(AdapterError) {
    if connection.isIdle {
      let statements = isUnpinned ? pinnedBeginning : Self.readOnlyBeginning
      try run(statements.joined(separator: "; "))
    } else {
      try run("SELECT 1")
    }
    isGuarded = true
  }

  private static let readOnlyBeginning = ["BEGIN TRANSACTION READ ONLY", "SELECT 1"]

  /// Whether the open transaction was begun for the statement that runs, and may end with it.
  private(set) var isTransactionOwn = false

  /// Whether the statement just run was a BEGIN of the user's own.
  private var isTransactionKept = false

  /// Whether a statement ran whose work may stay although what it stands in fails.
  private var hasLeftTraces = false

  /// Takes note of a statement that may leave something behind, outside of a transaction.
  func noteLastingStatement() {
    if access != .read, connection.isIdle { hasLeftTraces = true }
  }

  private func setStake(_ stake: PostgreSQLConnection.Stake) {
    connection.stake = access == .read ? .nothing : stake
  }

  /// Notes what a statement that ended means for transactions, by its command tag.
  func finished(tag: String) {
    isTransactionKept = tag == "BEGIN" || tag == "START TRANSACTION"
    switch tag {
    case "BEGIN", "START TRANSACTION": setStake(.transaction)
    case "COMMIT", "ROLLBACK":
      // COMMIT AND CHAIN begins a transaction in which no query ran yet.
      isGuarded = false
      setStake(.statement)
    case "PREPARE TRANSACTION": hasLeftTraces = true
    default: break
    }
  }

  func ping() throws(AdapterError) {
    try operation.cancellation.check()
    try pendingWork?.settle()
    try run("SELECT 1")
  }

  func prepare(_ statement: SQLText) throws(AdapterError) -> any SQLStatement {
    try PostgreSQLStatement(statement, on: self)
  }

  func executeOnColumns(_ sql: String, _ parameters: [Value]) throws(AdapterError) {
    let statement = try PostgreSQLStatement(SQLText(sql), on: self)
    statement.columnsTellTypes = true
    for (slot, value) in parameters.enumerated() { try statement.bind(value, at: slot) }
    _ = try statement.run(into: nil)
  }

  // MARK: Prepared statements

  private var statements = PostgreSQLStatementCache()
  /// Prepared statements that nobody needs, for when there is time.
  private var retired: [String] = []

  /// What is known of a statement's text; `isKept` for the next statement as well.
  func known(_ text: String, isKept: Bool) -> PostgreSQLPreparedText {
    isKept ? statements.text(text, on: self) : PostgreSQLPreparedText(text, on: self)
  }

  func forgetStatements() { statements.removeAll() }

  func retire(_ name: String) {
    retired.append(name)
    if connection.isIdle, pendingWork == nil { deallocateRetired() }
  }

  /// One at a time: another may have ended them all (DISCARD ALL).
  private func deallocateRetired() {
    let names = retired
    retired = []
    for name in names { try? run("DEALLOCATE \(name)") }
  }

  /// A name for a prepared statement that this connection has not used.
  func makeStatementName() -> String {
    statementNumber += 1
    return "nb_\(statementNumber)"
  }

  // MARK: Transactions

  func begin(_ mode: TransactionMode) throws(AdapterError) {
    try operation.cancellation.check()
    guard connection.isIdle else {
      if connection.isLost { throw connection.lost() }
      throw AdapterError(.failed, "a transaction is open already", code: "25001")
    }
    if !retired.isEmpty { deallocateRetired() }
    try pinSettings()
    setStake(.transaction)
    switch (mode, access) {
    case (.read, _): try run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    case (.write, .read): try run("BEGIN TRANSACTION READ ONLY")
    case (.write, _):
      // Within the transaction, for behind a pooler the session may be another one's next.
      let milliseconds = lockWait.map { max(1, $0.inNanoseconds / 1_000_000) }
      try run("BEGIN" + (milliseconds.map { "; SET LOCAL lock_timeout = \($0)" } ?? ""))
    }
    isGuarded = false
  }

  func commit() throws(AdapterError) {
    // Ctrl-C ends a whole pipeline: the program that feeds nb dies, nb reads the end of its input,
    // and must not take that for the end of the data.
    try operation.cancellation.check()
    try pendingWork?.settle()
    connection.noticeLoss()
    guard connection.isInTransaction else {
      if connection.isLost { throw connection.lost() }
      throw AdapterError(.failed, "there is no transaction to commit", code: "25P01")
    }
    let hasFailed = PQtransactionStatus(connection.handle) == PQTRANS_INERROR
    setStake(.commit)
    do throws(AdapterError) {
      try run("COMMIT")
    } catch {
      // A server that says why it goes may say so behind the commit.
      let isFarewell = connection.isLost && error.code?.hasPrefix("57P") == true
      throw isFarewell ? connection.lost(error.message) : error
    }
    setStake(.statement)
    if hasFailed {
      throw AdapterError(
        .failed, "the transaction was rolled back, for a statement in it failed", code: "25P02")
    }
  }

  func rollback() {
    pendingWork?.abandon()
    guard !connection.isLost, !connection.isIdle else { return }
    connection.beginCleanup()
    try? run("ROLLBACK")
    if !connection.isLost { setStake(.statement) }
  }

  var isInTransaction: Bool { connection.isInTransaction }
  var keepsSession: Bool { !isPooled }

  func mayReplay(after error: AdapterError) -> Bool {
    guard error.kind == .temporary, !hasLeftTraces else { return false }
    if error.code == "40001" || error.code == "40P01" { return true }
    return connection.isLost && (connection.stake == .transaction || connection.stake == .nothing)
  }

  // MARK: The rest

  func makeLoader(_ request: LoadRequest) throws(AdapterError) -> any RowLoader {
    try PostgreSQLLoader(request, on: self)
  }

  func lockMigrations(wait: Deadline) throws(AdapterError) -> any MigrationLock {
    try PostgreSQLMigrationLock(on: self, wait: wait)
  }

  func interrupt() { connection.interrupt() }
  func close() { connection.close() }
}

/// Work on a connection that comes before anything else: rows being loaded, runs of a pipeline.
protocol PostgreSQLPendingWork: AnyObject {
  /// Waits for its end.
  func settle() throws(AdapterError)
  /// Gives it up, for a transaction that is rolled back.
  func abandon()
}
