import AdapterCore
import CMariaDB

/// The one "file" that LOAD DATA LOCAL reads: rows in memory, and only while they are offered.
///
/// A server can answer any statement by asking for any file of the client's machine. libmariadb is
/// told to refuse that (CLIENT_LOCAL_FILES is off) except during nb's own LOAD DATA, and even then this
/// handler stands in place of the one that opens files.
final class MySQLLocalFile {
  /// The name by which nb's own statement asks for it.
  static let name = "nb:rows"

  private var offered: BorrowedBytes?
  private var position = 0

  /// Registers the handler (mysql_set_local_infile_handler).
  func serve(_ handle: UnsafeMutablePointer<MYSQL>) {
    mysql_set_local_infile_handler(
      handle, beginFile, readFile, endFile, explainFile, Unmanaged.passUnretained(self).toOpaque())
  }

  /// Lets the server ask for `bytes` while `body` runs.
  func offer<Result>(
    _ bytes: BorrowedBytes, on handle: UnsafeMutablePointer<MYSQL>, _ body: () -> Result
  ) -> Result {
    offered = bytes
    position = 0
    handle.pointee.client_flag |= UInt(CLIENT_LOCAL_FILES)
    defer { withdraw(on: handle) }
    return body()
  }

  func withdraw(on handle: UnsafeMutablePointer<MYSQL>) {
    offered = nil
    handle.pointee.client_flag &= ~UInt(CLIENT_LOCAL_FILES)
  }

  fileprivate func begins(_ name: String) -> Bool { offered != nil && name == Self.name }

  fileprivate func read(into buffer: UnsafeMutablePointer<CChar>, _ capacity: Int) -> Int {
    guard let offered, let base = offered.baseAddress else { return 0 }
    let count = min(capacity, offered.count - position)
    UnsafeMutableRawPointer(buffer).copyMemory(from: base + position, byteCount: count)
    position += count
    return count
  }
}

/// 0 when the server may have what it asks for.
private func beginFile(
  _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ name: UnsafePointer<CChar>?,
  _ userData: UnsafeMutableRawPointer?
) -> Int32 {
  context?.pointee = userData
  guard let userData, let name else { return 1 }
  let file = Unmanaged<MySQLLocalFile>.fromOpaque(userData).takeUnretainedValue()
  return file.begins(String(cString: name)) ? 0 : 1
}

private func readFile(
  _ context: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: UInt32
) -> Int32 {
  guard let context, let buffer else { return -1 }
  let file = Unmanaged<MySQLLocalFile>.fromOpaque(context).takeUnretainedValue()
  return Int32(file.read(into: buffer, Int(capacity)))
}

private func endFile(_ context: UnsafeMutableRawPointer?) {}

/// The message and number for a file that is not given.
private func explainFile(
  _ context: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<CChar>?, _ capacity: UInt32
) -> Int32 {
  let message: StaticString = "the server asked for a file of this machine, which it does not get"
  if let buffer, capacity > message.utf8CodeUnitCount {
    UnsafeMutableRawPointer(buffer)
      .copyMemory(from: message.utf8Start, byteCount: message.utf8CodeUnitCount)
    buffer[message.utf8CodeUnitCount] = 0
  }
  return CR_UNKNOWN_ERROR
}
