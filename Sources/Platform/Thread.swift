import CPosix
import Glibc

/// A thread of nb's own (pthread_create(3)); detached when the value ends without `join`.
///
/// Signals that other processes send are blocked in it, so that they interrupt the main thread's
/// waits and nothing else.
public struct Thread: ~Copyable, @unchecked Sendable {
  /// Enough for C libraries that connect and encrypt; only pages that are touched cost memory.
  public static let defaultStackSize = 512 * 1024

  private let handle: pthread_t

  /// Runs `body` on a new thread.
  ///
  /// - Parameters:
  ///   - name: what `top -H` shows; at most 15 bytes count.
  ///   - stackSize: in bytes, a multiple of the page size.
  public init(
    name: String, stackSize: Int = Thread.defaultStackSize, body: @escaping @Sendable () -> Void
  ) throws(Errno) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
    var signals = sigset_t()
    nb_block_asynchronous_signals(&signals)
    var created = pthread_t()
    let status = pthread_create(&created, &attributes, runThread, start.toOpaque())
    pthread_sigmask(SIG_SETMASK, &signals, nil)
    guard status == 0 else {
      start.release()
      throw Errno(rawValue: status)
    }
    handle = created
  }

  deinit { pthread_detach(handle) }

  /// Waits until the thread's body has returned (pthread_join(3)).
  public consuming func join() {
    pthread_join(handle, nil)
    discard self
  }
}

private final class ThreadStart {
  let name: String
  let body: @Sendable () -> Void

  init(name: String, body: @escaping @Sendable () -> Void) {
    self.name = name
    self.body = body
  }
}

/// A file-scope function, because pthread_create takes no context-carrying closure.
private func runThread(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  guard let context else { return nil }
  let start = Unmanaged<ThreadStart>.fromOpaque(context).takeRetainedValue()
  nb_name_thread(start.name)
  start.body()
  return nil
}
