import AdapterCore
import CMariaDB
import Platform

/// One connection to a MariaDB or MySQL server.
final class MySQLDatabase: SQLDatabase {
  let connection: MySQLConnection
  let endpoint: MySQLEndpoint
  let access: SQLOpenOptions.Access
  let operation: OperationContext
  let displayName: String
  let dialect: SQLDialect
  private let canceller: MySQLCanceller
  private var registration: Cancellation.Registration?
  /// Set once the server is gone; from then on nothing is sent.
  var isLost = false
  private var isReadingWarnings = false
  /// Between `begin` and `commit` or `rollback`.
  private var holdsTransaction = false
  /// The statement that committed the transaction on its own, as DDL does.
  private var implicitCommit: SQLText?
  private var history = MySQLTransactionHistory()
  /// The loader whose batch goes before every other statement.
  weak var loader: MySQLLoader?

  init(
    _ connection: MySQLConnection, to endpoint: MySQLEndpoint, displayName: String,
    access: SQLOpenOptions.Access, _ operation: OperationContext
  ) {
    self.connection = connection
    self.endpoint = endpoint
    self.displayName = displayName
    self.access = access
    self.operation = operation
    var dialect = SQLDialect.mysql
    let status = connection.handle.pointee.server_status
    dialect.hasBackslashEscapes = status & UInt32(SERVER_STATUS_NO_BACKSLASH_ESCAPES) == 0
    self.dialect = dialect
    let canceller = MySQLCanceller(connection, to: endpoint)
    self.canceller = canceller
    registration = operation.cancellation.addHandler { canceller.stop() }
  }

  deinit { close() }

  var handle: UnsafeMutablePointer<MYSQL> { connection.handle }

  /// Runs `body`, which waits for the server, so that it can be stopped meanwhile.
  func interruptible<Result>(
    _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    try beginWork()
    defer { endWork() }
    return try body()
  }

  /// Called before and after anything is sent, so that it can be stopped meanwhile.
  func beginWork() throws(AdapterError) {
    try operation.cancellation.check()
    guard !isLost else { throw lost() }
    canceller.begin()
  }

  func endWork() { canceller.end() }

  /// Runs fixed SQL without parameters or rows.
  func run(_ sql: String) throws(AdapterError) {
    try interruptible { () throws(AdapterError) in
      guard connection.run(sql) else {
        throw error(connection.failure, doing: .statement(SQLText(sql)))
      }
    }
  }

  func ping() throws(AdapterError) {
    try interruptible { () throws(AdapterError) in
      guard mysql_ping(handle) == 0 else { throw error(connection.failure, doing: .other("ping")) }
    }
  }

  func prepare(_ statement: SQLText) throws(AdapterError) -> any SQLStatement {
    try loader?.settle()
    return try MySQLStatement(statement, on: self)
  }

  // MARK: Transactions

  func begin(_ mode: TransactionMode) throws(AdapterError) {
    try operation.cancellation.check()
    // START TRANSACTION would commit the one that is open.
    guard !isInTransaction else {
      throw AdapterError(.failed, "cannot start a transaction within a transaction")
    }
    history.begin()
    switch mode {
    case .read:
      try run("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
      try run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    case .write: try run("START TRANSACTION")
    }
    holdsTransaction = true
    implicitCommit = nil
  }

  /// Begins another transaction when `statement` committed the one that `begin` began: what follows
  /// belongs together still.
  func continueTransaction(after statement: SQLText) throws(AdapterError) {
    guard holdsTransaction, !connection.isInTransaction,
      let word = statement.words(dialect, limit: 1).first, word != "COMMIT", word != "ROLLBACK"
    else { return }
    implicitCommit = statement
    try run("START TRANSACTION")
  }

  func commit() throws(AdapterError) {
    // Ctrl-C ends a whole pipeline: the program that feeds nb dies, nb reads the end of its input,
    // and must not take that for the end of the data.
    try operation.cancellation.check()
    try loader?.settle()
    guard isLost || isInTransaction else {
      throw AdapterError(.failed, "cannot commit: no transaction is active")
    }
    if !isLost { history.isCommitting = true }
    try run("COMMIT")
    history.end()
    holdsTransaction = false
  }

  func rollback() {
    loader?.abandon()
    if isInTransaction {
      runQuietly("ROLLBACK")
      // Rows in tables without transactions stay (ER_WARNING_NOT_COMPLETE_ROLLBACK).
      if !isLost, mysql_warning_count(handle) > 0 { noteLeftRows() }
    }
    guard holdsTransaction else { return }
    holdsTransaction = false
    guard let statement = implicitCommit else { return }
    let words = statement.words(dialect, limit: 2).joined(separator: " ")
    operation.note(
      "\(statement.position.description): \(words) commits at once here: it and what ran before it stay"
    )
  }

  private func noteLeftRows() {
    history.hasLeftTraces = true
    let rows = history.rowsChanged > 0 ? ": up to \(counted(history.rowsChanged, "row"))" : ""
    operation.note("what was written to tables without transactions stays\(rows)")
  }

  /// Takes note of what a statement did.
  func didRun(_ result: StatementResult) { history.rowsChanged += result.rowsChanged }

  /// Runs what puts things in order again, cancelled or not; a connection that cannot is of no further
  /// use.
  func runQuietly(_ sql: String) { _ = runRegardless(sql) }

  /// Runs what must not stay half done, cancelled or not; returns how it failed.
  func runRegardless(_ sql: String) -> MySQLFailure? {
    guard !isLost else { return connection.failure }
    canceller.begin()
    defer { canceller.end() }
    if connection.run(sql) { return nil }
    // What was killed by the cancellation itself runs again, for that kills once.
    if connection.failure.isInterrupted, operation.cancellation.isCancelled, connection.run(sql) {
      return nil
    }
    return connection.failure
  }

  var isInTransaction: Bool { !isLost && connection.isInTransaction }

  /// Takes note of a statement that is about to run.
  func willRun(_ effect: MySQLStatementEffect) {
    history.add(effect)
    // What a kept statement says of its columns may be wrong then.
    if case .lasting = effect { statements.removeQueries() }
  }

  // MARK: Prepared statements

  private var statements = MySQLStatementCache()
  private var lastPlaceholders: [String: PlaceholderText] = [:]

  /// The statement's text with its placeholders as the server takes them; of those that come again
  /// and again it is remembered.
  func placeholders(of text: String) -> PlaceholderText {
    if let found = lastPlaceholders[text] { return found }
    let found = PlaceholderText(text, dialect: dialect, style: .question)
    guard !found.occurrences.isEmpty, text.utf8.count < 1024 else { return found }
    if lastPlaceholders.count == 16 { lastPlaceholders = [:] }
    lastPlaceholders[text] = found
    return found
  }

  /// A statement prepared before for the same text, for one user at a time.
  func takeStatement(_ sql: String) -> UnsafeMutablePointer<MYSQL_STMT>? {
    statements.take(sql)
  }

  /// Keeps a statement for the next one of its text; false when it is not worth it.
  func keep(_ handle: UnsafeMutablePointer<MYSQL_STMT>, for sql: String) -> Bool {
    !isLost && statements.put(handle, for: sql)
  }

  /// The error of a connection that is gone.
  func lost(code: String? = nil) -> AdapterError {
    let during = history.isCommitting ? " while it committed" : ""
    let hint =
      if access == .read {
        "nb db ping --wait waits for the server"
      } else if history.isCommitting {
        "whether the transaction took effect is not known; look before repeating it"
      } else if history.isOpen && !history.hasLeftTraces {
        "the transaction is rolled back; run it again"
      } else {
        "whether a write that was under way took effect is not known; look before repeating it"
      }
    return AdapterError(
      .temporary, "lost the connection to \(displayName)\(during)", code: code, hint: hint)
  }

  func mayReplay(after error: AdapterError) -> Bool {
    guard error.kind == .temporary, !history.hasLeftTraces else { return false }
    // ER_LOCK_WAIT_TIMEOUT, ER_LOCK_DEADLOCK, ER_CHECKREAD
    let number = error.code?.prefix { $0.isNumber } ?? ""
    if ["1205", "1213", "1020"].contains(number) { return true }
    return isLost && (access == .read || history.isOpen && !history.isCommitting)
  }

  /// Asks whether every table that is not the server's own is of an engine with transactions. What only
  /// reads leaves nothing to undo.
  func undoesEverything() throws(AdapterError) -> Bool {
    if access == .read { return true }
    return try rows(
      """
      SELECT 1 FROM information_schema.tables t
      JOIN information_schema.engines e ON e.engine = t.engine
      WHERE e.transactions <> 'YES' AND t.table_type = 'BASE TABLE' AND t.table_schema
        NOT IN ('mysql', 'sys', 'performance_schema', 'information_schema') LIMIT 1
      """
    ).isEmpty
  }

  // MARK: Stopping

  func interrupt() { canceller.interrupt() }

  /// Gets rid of the rest of a result, which may be endless, from within `interruptible`.
  func abandonResult(_ free: () -> Void) {
    guard !isLost else { return free() }
    canceller.killOrCut()
    free()
    // The kill may have come after the statement's end; then this takes it.
    if !connection.run("DO 0"), connection.failure.endsSession { isLost = true }
  }

  func makeLoader(_ request: LoadRequest) throws(AdapterError) -> any RowLoader {
    try MySQLLoader(request, on: self)
  }

  func lockMigrations(wait: Deadline) throws(AdapterError) -> any MigrationLock {
    try MySQLMigrationLock(on: self, wait: wait)
  }

  /// Whether what is done to a table can be undone by a rollback.
  func keepsTransactions(_ table: TableName) throws(AdapterError) -> Bool {
    let schema = table.schema.map { dialect.literal($0) } ?? "DATABASE()"
    return try !rows(
      """
      SELECT 1 FROM information_schema.tables t
      JOIN information_schema.engines e ON e.engine = t.engine
      WHERE t.table_schema = \(schema) AND t.table_name = ? AND e.transactions = 'YES'
      """, [.text(table.name)]
    ).isEmpty
  }

  /// Whether the server is MariaDB; it says so in its version.
  private(set) lazy var isMariaDB: Bool = {
    mysql_get_server_info(handle).map { String(cString: $0).contains("MariaDB") } ?? false
  }()

  /// Prints what the server remarked on the statement that just ran (SHOW WARNINGS).
  func noteWarnings() throws(AdapterError) {
    guard access != .read, mysql_warning_count(handle) > 0, !isReadingWarnings else { return }
    isReadingWarnings = true
    defer { isReadingWarnings = false }
    for row in try rows("SHOW WARNINGS LIMIT 10") {
      operation.note("\(row[0].string ?? "Warning"): \(row[2].string ?? "")")
    }
  }

  func close() {
    guard let registration else { return }
    self.registration = nil
    operation.cancellation.removeHandler(registration)
    statements.removeAll()
    isLost = true
    connection.close()
  }
}
