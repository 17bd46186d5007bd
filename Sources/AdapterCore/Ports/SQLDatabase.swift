/// The port of relational databases: one open connection.
///
/// The required part is small; what only some backends can do stands in the optional features, each
/// a protocol of its own, and asking for one that is nil gives exit 69 with the feature's name
/// (`require`). A connection is used by one thread at a time; only `interrupt` may be called
/// from any thread.
public protocol SQLDatabase: AnyObject {
  /// How statements are told apart, quoted and parametrised.
  var dialect: SQLDialect { get }
  /// The target without secrets, for messages.
  var displayName: String { get }
  /// The files of this machine that hold the database; empty for a server's.
  var localFiles: [String] { get }

  /// Whether rows can be read and loaded on this connection at the same time.
  var readsWhileWriting: Bool { get }

  /// Throws unless the backend answers a trivial request.
  func ping() throws(AdapterError)
  /// Prepares one statement; `sql` must hold just one.
  func prepare(_ statement: SQLText) throws(AdapterError) -> any SQLStatement
  /// Runs a statement once whose parameters all stand where a column tells their type, so that a server
  /// need not be asked for it first.
  func executeOnColumns(_ sql: String, _ parameters: [Value]) throws(AdapterError)

  func begin(_ mode: TransactionMode) throws(AdapterError)
  func commit() throws(AdapterError)
  /// Never throws: a connection that cannot roll back is of no further use, and closing it does.
  func rollback()
  var isInTransaction: Bool { get }
  /// Whether the transaction, or the statement outside of one, that ended with `error` left nothing
  /// behind and may succeed when it is run again from its start: it lost against another one, or its
  /// connection before the commit was sent. What was committed before it is not looked at.
  func mayReplay(after error: AdapterError) -> Bool
  /// Whether a rollback undoes every change, whatever the table: asked on a connection before a
  /// transaction is run again on it.
  func undoesEverything() throws(AdapterError) -> Bool
  /// Whether several connections can write at the same time.
  var allowsConcurrentWriters: Bool { get }

  /// The names of all tables and views, without reading what is in them.
  func tableNames() throws(AdapterError) -> [TableName]
  /// Tables, views, indexes and triggers; all of them, or those of one table or view.
  /// Throws `notFound` for a table that does not exist.
  func schema(table: String?) throws(AdapterError) -> Schema
  /// The statement that creates a table of these columns; types by `Column.Kind`, unless a column
  /// carries a type of its own.
  func createTableStatement(_ table: TableName, columns: [Column], primaryKey: [String]) -> String
  /// The statements that create all that the database holds but rows, rights and these tables, each
  /// ending in `;` and a newline, the same for the same; nil: `schema` holds all of it.
  func definitions(without tables: [TableName]) throws(AdapterError) -> [String]?
  /// How a new table of the same engine declares the columns of a table, by their names: it holds
  /// every value as this one does.
  func columnDeclarations(of table: String) throws(AdapterError) -> [String: String]
  /// Makes this connection read points in time in UTC, for a copy into the same engine; false where
  /// they are the same on every connection.
  func readTimesInUTC() throws(AdapterError) -> Bool
  /// A sink that writes each row into a table. Rows must come within a transaction of the caller.
  func makeLoader(_ request: LoadRequest) throws(AdapterError) -> any RowLoader

  /// Whether the server keeps what belongs to a session, such as locks, from one statement to the next:
  /// a pooler in between may not.
  var keepsSession: Bool { get }
  /// Called when the work that a database was made for came to nothing: it need not stay, if this
  /// connection made it and it is empty.
  func discardIfNew()

  /// Held while migrations run, so that two runs take turns; throws `temporary` when `wait` passes.
  func lockMigrations(wait: Deadline) throws(AdapterError) -> any MigrationLock

  var backup: (any DatabaseBackup)? { get }
  var scriptData: (any ScriptData)? { get }
  var search: (any FullTextSearch)? { get }
  var statistics: (any DatabaseStatistics)? { get }
  var indexStatistics: (any IndexStatistics)? { get }
  var partitioning: (any TablePartitioning)? { get }
  var replication: (any ReplicationStatus)? { get }
  var foreignKeys: (any ForeignKeyEnforcement)? { get }

  /// Stops the running statement, which then throws. Callable from any thread.
  func interrupt()
  func close()
}

extension SQLDatabase {
  public var localFiles: [String] { [] }
  public var readsWhileWriting: Bool { false }
  public var allowsConcurrentWriters: Bool { true }
  public func mayReplay(after error: AdapterError) -> Bool { false }
  public func undoesEverything() -> Bool { true }
  public func executeOnColumns(_ sql: String, _ parameters: [Value]) throws(AdapterError) {
    try execute(sql, parameters)
  }
  public func definitions(without tables: [TableName]) -> [String]? { nil }
  public func columnDeclarations(of table: String) throws(AdapterError) -> [String: String] {
    let columns = try schema(table: table).tables.first?.columns ?? []
    return Dictionary(columns.map { ($0.name, $0.type) }) { first, _ in first }
  }
  public func readTimesInUTC() -> Bool { false }
  public var keepsSession: Bool { true }
  public func discardIfNew() {}
  public var backup: (any DatabaseBackup)? { nil }
  public var scriptData: (any ScriptData)? { nil }
  public var search: (any FullTextSearch)? { nil }
  public var statistics: (any DatabaseStatistics)? { nil }
  public var indexStatistics: (any IndexStatistics)? { nil }
  public var partitioning: (any TablePartitioning)? { nil }
  public var replication: (any ReplicationStatus)? { nil }
  public var foreignKeys: (any ForeignKeyEnforcement)? { nil }

  /// The optional feature, or `unavailable` naming it.
  public func require<Feature>(_ feature: Feature?, _ name: String) throws(AdapterError) -> Feature
  {
    if let feature { return feature }
    throw AdapterError(.unavailable, "\(displayName) does not support \(name)")
  }

  /// Runs `body` in a transaction: committed when it returns, rolled back when it throws.
  public func transaction<Result>(
    _ mode: TransactionMode, _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    try begin(mode)
    do throws(AdapterError) {
      let result = try body()
      try commit()
      return result
    } catch {
      rollback()
      throw error
    }
  }

  /// Prepares and runs one statement without rows or with rows pushed to `sink`.
  @discardableResult
  public func execute(
    _ sql: String, _ parameters: [Value] = [], into sink: (any RowSink)? = nil
  ) throws(AdapterError) -> StatementResult {
    let statement = try prepare(SQLText(sql))
    for (index, value) in parameters.enumerated() { try statement.bind(value, at: index) }
    return try statement.run(into: sink)
  }

  /// All rows of a small result, owned.
  public func rows(_ sql: String, _ parameters: [Value] = []) throws(AdapterError) -> [[Value]] {
    let collector = RowCollector()
    try execute(sql, parameters, into: collector)
    return collector.rows
  }
}

public enum TransactionMode: Sendable {
  /// One consistent view for reading.
  case read
  /// Takes the write lock at once, so that the transaction cannot fail half-way for want of it.
  case write
}

/// One statement's text and where it came from.
public struct SQLText: Equatable, Sendable {
  public var text: String
  /// Where the text begins; errors inside it are reported relative to this.
  public var position: SourcePosition

  public init(_ text: String, position: SourcePosition = SourcePosition(line: 1, column: 1)) {
    self.text = text
    self.position = position
  }
}

/// A placeholder of a prepared statement.
public enum ParameterSlot: Equatable, Sendable {
  /// `:name`, `@name` or `$name`.
  case named(String)
  /// `?` (counted from 1 in order), `?N` or `$N`.
  case numbered(Int)
}

/// A prepared statement, run any number of times.
public protocol SQLStatement: AnyObject {
  /// The placeholders in bind order; slot i is bound with `at: i`.
  var parameters: [ParameterSlot] { get }
  /// Whether running it cannot change the database.
  var isReadOnly: Bool { get }
  /// Columns of its rows; empty for a statement that gives none.
  var columns: [Column] { get }

  func bind(_ value: Value, at slot: Int) throws(AdapterError)
  /// Binds text or bytes that stay valid until the next `run` returns.
  func bindBorrowed(text utf8: BorrowedBytes, at slot: Int) throws(AdapterError)
  func bindBorrowed(bytes: BorrowedBytes, at slot: Int) throws(AdapterError)
  /// Runs it to its end, pushing rows; afterwards it can be bound and run again.
  func run(into sink: (any RowSink)?) throws(AdapterError) -> StatementResult
  /// Rows that the last run pushed, to its end or to its error.
  var rowsPushed: Int { get }
  /// Runs that are sent ahead of their results, within the open transaction or on a connection for
  /// reading; nil where one run must end before the next.
  func makePipeline(into sink: (any RowSink)?) -> (any StatementPipeline)?
}

extension SQLStatement {
  public func makePipeline(into sink: (any RowSink)?) -> (any StatementPipeline)? { nil }
}

/// Runs of one statement on their way at the same time. Other use of the connection waits for them.
public protocol StatementPipeline: AnyObject {
  /// Sends a run with the values that are bound, and may push rows of earlier runs; throws the error
  /// of an earlier run as well.
  func send() throws(AdapterError)
  /// Waits for all runs that were sent.
  func settle() throws(AdapterError)
  /// Runs that succeeded; the error of a run is that of the run of this number, from 0.
  var runsDone: Int { get }
  var rowsChanged: Int { get }
  var rowsPushed: Int { get }
}

public struct StatementResult: Equatable, Sendable {
  /// Rows inserted, updated or deleted; 0 for a statement that changes none.
  public var rowsChanged: Int
  /// Rows pushed to the sink.
  public var rowsReturned: Int

  public init(rowsChanged: Int = 0, rowsReturned: Int = 0) {
    self.rowsChanged = rowsChanged
    self.rowsReturned = rowsReturned
  }
}

/// A table's name with an optional schema (`main.users`).
public struct TableName: Equatable, Sendable {
  public var schema: String?
  public var name: String

  public init(schema: String? = nil, name: String) {
    self.schema = schema
    self.name = name
  }

  /// As it was written, for messages.
  public var description: String { schema.map { "\($0).\(name)" } ?? name }
}

/// What a loader does with rows that are already there.
public enum LoadMode: Equatable, Sendable {
  case append
  /// Empties the table first, in the same transaction.
  case replace
  /// Updates the row with the same key, otherwise inserts.
  case upsert(key: [String])
}

public struct LoadRequest {
  /// Hears of a row that was refused after its `endRow` had returned: its number among all rows, from
  /// 0, and the `data` error.
  public typealias LateRefusal = (Int, AdapterError) throws(AdapterError) -> Void

  public var table: TableName
  public var mode: LoadMode
  /// Whether the rows come from a database of the same engine: a value that it held stays as it is,
  /// even one that does not fit the column's type.
  public var isFromSameEngine: Bool
  /// Whether points in time come in UTC where the engine would take them in the session's zone.
  public var timesAreInUTC: Bool
  /// How text stands for bytes in columns that hold bytes; nil: text is text.
  public var bytesEncoding: BytesEncoding?
  /// Whether loading goes on without the rows that the table refuses.
  public var skipsRefusedRows: Bool
  /// Called by a loader that sends rows in batches. Unless refused rows are skipped the same error
  /// is thrown next.
  public var onLateRefusal: LateRefusal?

  public init(
    table: TableName, mode: LoadMode = .append, isFromSameEngine: Bool = false,
    timesAreInUTC: Bool = false, bytesEncoding: BytesEncoding? = nil,
    skipsRefusedRows: Bool = false,
    onLateRefusal: LateRefusal? = nil
  ) {
    self.table = table
    self.mode = mode
    self.isFromSameEngine = isFromSameEngine
    self.timesAreInUTC = timesAreInUTC
    self.bytesEncoding = bytesEncoding
    self.skipsRefusedRows = skipsRefusedRows
    self.onLateRefusal = onLateRefusal
  }
}

/// A sink into a table. `begin(columns:)` maps the incoming columns to the table's by name and throws
/// `notFound` for one it lacks.
///
/// A row that the table refuses is a `data` error: of its own `endRow`, or, where rows are sent in
/// batches, later, by `onLateRefusal`. Where refused rows are skipped the loader can take the next row
/// then: the refused one left no trace.
public protocol RowLoader: RowSink {
  /// Rows written so far, those on their way included.
  var rowsLoaded: Int { get }
  /// Rows that can no longer be refused, of all that were taken; nil: all.
  var rowsSettled: Int? { get }
}

extension RowLoader {
  public var rowsSettled: Int? { nil }
}

/// A lock on migrations, held until `release` or the end of the process.
public protocol MigrationLock: AnyObject {
  /// Throws `temporary` when the lock was lost. In a transaction nobody else gets it before that ends.
  func confirm() throws(AdapterError)
  /// Whether it can be lost while the session lives, so that what is written must be confirmed.
  var mayBeLost: Bool { get }
  func release()
}

extension MigrationLock {
  /// A lock of the session is lost with the session only, and every statement fails then.
  public func confirm() {}
  public var mayBeLost: Bool { false }
}

/// Enforcement of foreign keys that a connection switches outside of transactions only: a table
/// that others refer to cannot be rebuilt while it is on.
public protocol ForeignKeyEnforcement: AnyObject {
  func isEnforced() throws(AdapterError) -> Bool
  /// Without effect in a transaction.
  func setEnforced(_ isEnforced: Bool) throws(AdapterError)
  /// What a statement would set; nil for a statement that sets something else.
  func setting(by statement: SQLText) -> Bool?
  /// The rows that refer to none, each described in one line.
  func violations() throws(AdapterError) -> [String]
}
