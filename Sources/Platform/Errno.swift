import CPosix
import Glibc

/// An error number of the C library (errno(3)).
public struct Errno: RawRepresentable, Error, Equatable, Sendable {
  public let rawValue: Int32

  public init(rawValue: Int32) { self.rawValue = rawValue }

  /// The calling thread's errno.
  public static var current: Errno { Errno(rawValue: errno) }

  public static let accessDenied = Errno(rawValue: EACCES)
  public static let alreadyExists = Errno(rawValue: EEXIST)
  public static let brokenPipe = Errno(rawValue: EPIPE)
  public static let crossDevice = Errno(rawValue: EXDEV)
  public static let inProgress = Errno(rawValue: EINPROGRESS)
  public static let interrupted = Errno(rawValue: EINTR)
  public static let invalidArgument = Errno(rawValue: EINVAL)
  public static let isDirectory = Errno(rawValue: EISDIR)
  public static let noSpace = Errno(rawValue: ENOSPC)
  public static let noSuchFile = Errno(rawValue: ENOENT)
  public static let notDirectory = Errno(rawValue: ENOTDIR)
  public static let notPermitted = Errno(rawValue: EPERM)
  public static let readOnlyFileSystem = Errno(rawValue: EROFS)
  public static let outOfMemory = Errno(rawValue: ENOMEM)
  public static let tooManyOpenFiles = Errno(rawValue: EMFILE)
  public static let tooManyOpenFilesInSystem = Errno(rawValue: ENFILE)
  public static let wouldBlock = Errno(rawValue: EWOULDBLOCK)

  /// The message of strerror_r(3), first letter in lower case as nb's own messages have it.
  public var message: String {
    let text = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      String(cString: nb_error_message(rawValue, buffer.baseAddress!, buffer.count))
    }
    return text.prefix(1).lowercased() + text.dropFirst()
  }
}

extension Errno {
  /// What to try next; nil where the message says all there is.
  public var hint: String? {
    switch self {
    case .noSuchFile, .notDirectory: "check the path; its folder must exist"
    case .accessDenied, .notPermitted:
      "this user lacks the permission; ls -ld shows who has it, for the folder as well"
    case .isDirectory: "name a file in it"
    case .noSpace: "free some space on that disk"
    case .readOnlyFileSystem: "that file system is mounted read-only"
    default: nil
    }
  }
}

/// Runs `call` until it is not interrupted by a signal; throws the errno when it returns -1.
@discardableResult
public func valueOrErrno<Result: FixedWidthInteger>(
  retryOnInterrupt: Bool = true, _ call: () -> Result
) throws(Errno) -> Result {
  while true {
    let result = call()
    if result != -1 { return result }
    let error = Errno.current
    if retryOnInterrupt && error == .interrupted { continue }
    throw error
  }
}

extension Errno {
  /// The constant's name, "ENOENT" (strerrorname_np(3)).
  public var name: String {
    nb_error_name(rawValue).map { String(cString: $0) } ?? "errno \(rawValue)"
  }
}
