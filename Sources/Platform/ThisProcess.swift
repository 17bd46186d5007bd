import Glibc

/// What tells this process from others, for messages.
public enum ThisProcess {
  /// Its number (getpid(2)).
  public static var identifier: Int32 { getpid() }

  /// The name of the machine (gethostname(2)).
  public static var hostName: String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      guard let start = buffer.baseAddress, gethostname(start, buffer.count - 1) == 0 else {
        return "localhost"
      }
      buffer[buffer.count - 1] = 0
      return String(cString: start)
    }
  }
}
