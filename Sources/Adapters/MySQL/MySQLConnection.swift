import CMariaDB

/// A connection's handle, closed with the object (mysql_close).
///
/// One thread uses it at a time; only `cut` may be called by another.
final class MySQLConnection: @unchecked Sendable {
  let handle: UnsafeMutablePointer<MYSQL>
  /// What the server may ask for as a file of this machine, and nothing else.
  let localFile = MySQLLocalFile()

  /// nil when there is no memory for one (mysql_init).
  init?() {
    guard let handle = mysql_init(nil) else { return nil }
    self.handle = handle
    localFile.serve(handle)
  }

  deinit { close() }

  /// Ends the session; of the connection nothing may be used afterwards (mysql_close).
  func close() {
    guard !isClosed else { return }
    isClosed = true
    mysql_close(handle)
  }

  private var isClosed = false

  /// The server's number of the connection, for KILL.
  var serverThread: UInt { mysql_thread_id(handle) }

  /// Whether a transaction is open, as the server said with its last answer.
  var isInTransaction: Bool { handle.pointee.server_status & UInt32(SERVER_STATUS_IN_TRANS) != 0 }

  /// Ends both directions of the socket: what waits for it fails (mariadb_cancel).
  func cut() { mariadb_cancel(handle) }

  /// Sends a statement as text and reads its answer up to the first row; false when it failed
  /// (mysql_real_query).
  func send(_ sql: String) -> Bool {
    var sql = sql
    return sql.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) {
        mysql_real_query(handle, $0.baseAddress, UInt($0.count)) == 0
      }
    }
  }

  /// Sends a statement whose rows, if it gives any, are of no interest.
  func run(_ sql: String) -> Bool {
    guard send(sql) else { return false }
    while true {
      if let result = mysql_use_result(handle) { mysql_free_result(result) }
      guard mysql_more_results(handle) != 0 else { return mysql_errno(handle) == 0 }
      guard mysql_next_result(handle) == 0 else { return false }
    }
  }

  /// What failed last on the connection itself.
  var failure: MySQLFailure {
    MySQLFailure(
      number: mysql_errno(handle), state: mysql_sqlstate(handle), message: mysql_error(handle))
  }
}

/// What the server or the library says of a failed call.
struct MySQLFailure: Sendable {
  /// mysqld_error.h below 2000 and from 3000 on, errmsg.h between.
  var number: UInt32
  /// SQLSTATE.
  var state: String
  var message: String

  init(number: UInt32, state: UnsafePointer<CChar>?, message: UnsafePointer<CChar>?) {
    self.number = number
    self.state = state.map { String(cString: $0) } ?? ""
    self.message = message.map { String(cString: $0) } ?? ""
  }
}
