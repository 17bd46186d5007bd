import CPosix

/// A descriptor that becomes readable, for poll(2), when a process has ended (pidfd_open(2)).
public struct ProcessEnd: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  /// - Parameter process: a child that was not waited for.
  public init(of process: Int32) throws(Errno) {
    descriptor = FileDescriptor(owning: try valueOrErrno { nb_process_descriptor(process) })
  }

  /// What to poll.
  public var rawValue: Int32 { descriptor.rawValue }
}
