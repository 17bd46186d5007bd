import AdapterCore

/// The tables of the queues in a file.
///
/// A message stands once in `nb_queue_message`; for each group of consumers that has yet to settle
/// it there is a row in `nb_queue_delivery`, and with the last of them the message goes. Times are
/// in milliseconds since 1970. No row refers to another one by a foreign key: every insertion would
/// pay for it, and a cascade would take away a million rows in one transaction.
enum SQLiteQueueSchema {
  /// Raised by every change of the tables.
  static let version: Int64 = 1

  /// `nb_queue_delivery.state`; each has an index that begins with the group.
  enum State {
    static let ready = 0
    /// Not before `due`.
    static let delayed = 1
    /// Until `due`, then ready again.
    static let inFlight = 2
    /// A message of the same group of messages is before it.
    static let blocked = 3
  }

  private static let statements = [
    "CREATE TABLE nb_queue_layout (version INTEGER NOT NULL) STRICT",
    "INSERT INTO nb_queue_layout VALUES (\(version))",
    // Numbers are never used again: who still consumes a queue that is gone must not get the next
    // one's messages. A queue that expires does so unless its consumer says that it is there.
    """
    CREATE TABLE nb_queue (
      id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, lease INTEGER NOT NULL,
      ttl INTEGER, dedupe_window INTEGER NOT NULL, created_at INTEGER NOT NULL,
      expires_at INTEGER) STRICT
    """,
    // The queue's own consumers are the group without a name. A tap is a group that expires unless
    // its listener says that it is there.
    """
    CREATE TABLE nb_queue_group (
      id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, name TEXT NOT NULL,
      expires_at INTEGER, UNIQUE (queue, name)) STRICT
    """,
    """
    CREATE TABLE nb_queue_message (
      id INTEGER PRIMARY KEY AUTOINCREMENT, queue INTEGER NOT NULL, published_at INTEGER NOT NULL,
      priority INTEGER NOT NULL, fifo_group TEXT, dedupe_key TEXT, content_type TEXT, headers TEXT,
      body BLOB NOT NULL) STRICT
    """,
    // `rank` is the priority below zero, so that the order is that of the index.
    """
    CREATE TABLE nb_queue_delivery (
      message INTEGER NOT NULL, consumers INTEGER NOT NULL, state INTEGER NOT NULL,
      due INTEGER NOT NULL, rank INTEGER NOT NULL, attempts INTEGER NOT NULL, token INTEGER,
      fifo_group TEXT, expires_at INTEGER, PRIMARY KEY (message, consumers)) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX nb_queue_ready ON nb_queue_delivery (consumers, rank, message) WHERE state = 0
    """,
    """
    CREATE INDEX nb_queue_waiting ON nb_queue_delivery (consumers, due) WHERE state IN (1, 2)
    """,
    """
    CREATE INDEX nb_queue_blocked ON nb_queue_delivery (consumers, message) WHERE state = 3
    """,
    """
    CREATE INDEX nb_queue_expiry ON nb_queue_delivery (consumers, expires_at)
    WHERE expires_at IS NOT NULL AND state <> 2
    """,
    """
    CREATE INDEX nb_queue_fifo ON nb_queue_delivery (consumers, fifo_group, message)
    WHERE fifo_group IS NOT NULL
    """,
    """
    CREATE TABLE nb_queue_key (
      queue INTEGER NOT NULL, key TEXT NOT NULL, message INTEGER NOT NULL, until INTEGER NOT NULL,
      PRIMARY KEY (queue, key)) STRICT, WITHOUT ROWID
    """,
    "CREATE INDEX nb_queue_key_until ON nb_queue_key (queue, until)",
    """
    CREATE TABLE nb_queue_dead (
      message INTEGER NOT NULL, queue INTEGER NOT NULL, consumers INTEGER NOT NULL,
      died_at INTEGER NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, output TEXT,
      published_at INTEGER NOT NULL, priority INTEGER NOT NULL, fifo_group TEXT, dedupe_key TEXT,
      content_type TEXT, headers TEXT, body BLOB NOT NULL, PRIMARY KEY (message, consumers)) STRICT
    """,
    "CREATE INDEX nb_queue_dead_time ON nb_queue_dead (queue, died_at, message, consumers)",
  ]

  /// Whether the file holds queues.
  ///
  /// Throws `data` when its tables are not this layout's.
  static func exists(in database: any SQLDatabase) throws(AdapterError) -> Bool {
    let tables = try database.rows(
      "SELECT 1 FROM sqlite_schema WHERE name IN ('nb_queue', 'nb_queue_layout')")
    guard !tables.isEmpty else { return false }
    guard tables.count == 2 else {
      throw AdapterError(
        .data, "\(database.displayName) has a table nb_queue that is not nb's",
        hint: "keep queues in a file of their own")
    }
    let known = try database.rows("SELECT version FROM nb_queue_layout").first?.first?.integer
    guard known == version else {
      throw AdapterError(
        .data,
        "the queues of \(database.displayName) have layout \(known ?? 0); this nb knows \(version)",
        hint: "use the version of nb that made them")
    }
    return true
  }

  /// Within a transaction of the caller.
  static func create(in database: any SQLDatabase) throws(AdapterError) {
    for statement in statements { try database.execute(statement) }
  }
}
