import AdapterCore
import Compression
import HTTP
import MySQL
import PostgreSQL
import RabbitMQ
import RedisQueue
import SQLite
import Transport

/// The C libraries that nb uses, for `nb doctor`: one line each.
public enum Libraries {
  /// Linked into the executable.
  public static var embedded: [EmbeddedLibrary] { [SQLiteAdapter.library, .toml] }

  /// Loaded when they are first needed.
  public static var clients: [ClientLibrary] {
    [
      PostgreSQLAdapter.library, MySQLAdapter.library, HTTPAdapter.library,
      PublicSuffixes.library, Transport.library, RedisQueueAdapter.library,
      RabbitMQAdapter.library, Zlib.library,
    ]
  }
}
