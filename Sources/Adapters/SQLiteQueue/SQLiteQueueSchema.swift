import AdapterCore

/// The tables of the queues in a file.
///
/// A message stands once in `nb_queue_message`; for each group of consumers that has yet to settle
/// it there is a row in `nb_queue_delivery`, and with the last of them the message goes. Times are
/// in milliseconds since 1970.
enum SQLiteQueueSchema {
  /// `nb_queue_delivery.state`.
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
    """
    CREATE TABLE nb_queue (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, lease INTEGER NOT NULL, ttl INTEGER,
      dedupe_window INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT
    """,
    // The queue's own consumers are the group without a name. A tap is a group that expires unless
    // its listener says that it is there.
    """
    CREATE TABLE nb_queue_group (
      id INTEGER PRIMARY KEY, queue INTEGER NOT NULL REFERENCES nb_queue ON DELETE CASCADE,
      name TEXT NOT NULL, expires_at INTEGER, UNIQUE (queue, name)) STRICT
    """,
    """
    CREATE TABLE nb_queue_message (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      queue INTEGER NOT NULL REFERENCES nb_queue ON DELETE CASCADE, published_at INTEGER NOT NULL,
      expires_at INTEGER, priority INTEGER NOT NULL, fifo_group TEXT, dedupe_key TEXT,
      content_type TEXT, headers TEXT, body BLOB NOT NULL) STRICT
    """,
    """
    CREATE INDEX nb_queue_expiry ON nb_queue_message (queue, expires_at)
    WHERE expires_at IS NOT NULL
    """,
    """
    CREATE TABLE nb_queue_delivery (
      message INTEGER NOT NULL REFERENCES nb_queue_message ON DELETE CASCADE,
      consumers INTEGER NOT NULL REFERENCES nb_queue_group ON DELETE CASCADE,
      state INTEGER NOT NULL, due INTEGER NOT NULL, priority INTEGER NOT NULL,
      attempts INTEGER NOT NULL, token INTEGER, fifo_group TEXT,
      PRIMARY KEY (message, consumers)) STRICT, WITHOUT ROWID
    """,
    """
    CREATE INDEX nb_queue_ready ON nb_queue_delivery (consumers, priority DESC, message)
    WHERE state = 0
    """,
    """
    CREATE INDEX nb_queue_waiting ON nb_queue_delivery (consumers, due)
    WHERE state IN (1, 2)
    """,
    """
    CREATE INDEX nb_queue_fifo ON nb_queue_delivery (consumers, fifo_group, message)
    WHERE fifo_group IS NOT NULL
    """,
    """
    CREATE TABLE nb_queue_key (
      queue INTEGER NOT NULL REFERENCES nb_queue ON DELETE CASCADE, key TEXT NOT NULL,
      message INTEGER NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (queue, key)) STRICT,
      WITHOUT ROWID
    """,
    "CREATE INDEX nb_queue_key_until ON nb_queue_key (queue, until)",
    """
    CREATE TABLE nb_queue_dead (
      message INTEGER NOT NULL, queue INTEGER NOT NULL REFERENCES nb_queue ON DELETE CASCADE,
      consumers INTEGER NOT NULL, died_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
      reason TEXT NOT NULL, output TEXT, published_at INTEGER NOT NULL, priority INTEGER NOT NULL,
      fifo_group TEXT, dedupe_key TEXT, content_type TEXT, headers TEXT, body BLOB NOT NULL,
      PRIMARY KEY (message, consumers)) STRICT
    """,
  ]

  static func exists(in database: any SQLDatabase) throws(AdapterError) -> Bool {
    try !database.rows("SELECT 1 FROM sqlite_schema WHERE name = 'nb_queue'").isEmpty
  }

  /// Within a transaction of the caller.
  static func create(in database: any SQLDatabase) throws(AdapterError) {
    for statement in statements { try database.execute(statement) }
  }
}
