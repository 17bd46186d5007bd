import CTestSupport
import Foundation

/// A program on a pseudo-terminal, and the screen that a person in front of it would see.
///
/// Not for use from several threads. The program is killed when the value ends.
public final class PtyProcess {
  /// How it ended.
  public enum End: Equatable, Sendable {
    case exited(Int32)
    case signalled(Int32)
  }

  public struct Timeout: Error, CustomStringConvertible {
    public let description: String
  }

  /// The screen so far.
  public private(set) var screen: Screen
  /// All bytes so far.
  public private(set) var bytes: [UInt8] = []
  public let identifier: pid_t
  private let master: Int32
  private var end: End?
  private var isClosed = false

  /// Starts `arguments[0]`, a path, as the leader of a session on a new terminal.
  ///
  /// The environment holds a clean locale, TERM=xterm-256color and what is given.
  public init(
    _ arguments: [String], environment: [String: String] = [:], columns: Int = 80, rows: Int = 24
  ) throws {
    screen = Screen(columns: columns, rows: rows)
    let variables = ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"]
      .merging(environment) { $1 }
    var argv = arguments.map { UnsafePointer(strdup($0)) }
    var envp = variables.map { UnsafePointer(strdup("\($0)=\($1)")) }
    defer { for pointer in argv + envp { free(UnsafeMutablePointer(mutating: pointer)) } }
    argv.append(nil)
    envp.append(nil)
    var descriptor: Int32 = -1
    identifier = nbtest_spawn_on_pty(argv, envp, Int32(columns), Int32(rows), &descriptor)
    guard identifier > 0 else { throw POSIXError(.EIO) }
    master = descriptor
  }

  deinit {
    if end == nil {
      kill(identifier, SIGKILL)
      waitpid(identifier, nil, 0)
    }
    close(master)
  }

  /// All that was written, as text.
  public var output: String { String(decoding: bytes, as: UTF8.self) }

  /// Reads until `condition` holds for the screen; throws `Timeout`, with the screen, otherwise.
  public func wait(
    _ what: String, timeout: TimeInterval = 20, until condition: (Screen) -> Bool
  ) throws {
    let deadline = Date().addingTimeInterval(timeout)
    while !condition(screen) {
      guard Date() < deadline, readSome(deadline) else {
        throw Timeout(description: "no \(what) on the screen:\n\(screen.text)")
      }
    }
  }

  /// Reads until the screen shows `text`.
  public func wait(for text: String, timeout: TimeInterval = 20) throws {
    try wait("'\(text)'", timeout: timeout) { $0.text.contains(text) }
  }

  /// Reads to the end and says how the program ended.
  public func finish(timeout: TimeInterval = 20) throws -> End {
    let deadline = Date().addingTimeInterval(timeout)
    while readSome(deadline) {}
    while end == nil {
      var status: Int32 = 0
      if waitpid(identifier, &status, WNOHANG) == identifier {
        end = status & 0x7F == 0 ? .exited(status >> 8 & 0xFF) : .signalled(status & 0x7F)
      } else if Date() >= deadline {
        throw Timeout(description: "the program did not end; the screen:\n\(screen.text)")
      } else {
        usleep(1000)
      }
    }
    return end ?? .exited(-1)
  }

  /// Types; "\u{3}" is Ctrl-C, "\u{1A}" Ctrl-Z.
  public func type(_ keys: String) {
    let bytes = Array(keys.utf8)
    _ = write(master, bytes, bytes.count)
  }

  /// Sends a signal to the program alone.
  public func send(signal: Int32) { kill(identifier, signal) }

  /// Changes the terminal's size; the program gets SIGWINCH, unless the screen changes alone, as it
  /// does for a program that is about to write what it made for the old size.
  public func resize(columns: Int, rows: Int, tellsProgram: Bool = true) {
    // What was drawn for the old size is mostly seen at the old size.
    while readSome(Date()) {}
    screen.resize(columns: columns, rows: rows)
    guard tellsProgram else { return }
    var size = winsize(
      ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    _ = ioctl(master, UInt(TIOCSWINSZ), &size)
  }

  /// Reads once; false at the end of the output or past the deadline.
  private func readSome(_ deadline: Date) -> Bool {
    guard !isClosed else { return false }
    var request = pollfd(fd: master, events: Int16(POLLIN), revents: 0)
    let left = Int32(max(0, deadline.timeIntervalSinceNow * 1000))
    let ready = poll(&request, 1, left)
    if ready < 0 && errno == EINTR { return true }
    guard ready > 0 else { return false }
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(master, &buffer, buffer.count)
    // EIO: the last process on the terminal has ended.
    guard count > 0 else {
      isClosed = true
      return false
    }
    bytes += buffer[..<count]
    screen.write(Array(buffer[..<count]))
    return true
  }
}
