import Glibc

/// Reads up to `buffer.count` bytes (read(2)); 0 at the end of the input.
public func readSome(
  from descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer
) throws(Errno) -> Int {
  try valueOrErrno { read(descriptor, buffer.baseAddress, buffer.count) }
}

/// Waits until `descriptor` can be read or has ended (poll(2)); false when `timeout` passed first
/// or a signal arrived. Regular files are always ready.
public func waitUntilReadable(
  _ descriptor: Int32, timeout: Duration
) throws(Errno) -> Bool {
  var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
  let milliseconds = Int32(clamping: timeout.inNanoseconds / 1_000_000)
  do throws(Errno) {
    return try valueOrErrno(retryOnInterrupt: false) { poll(&request, 1, milliseconds) } > 0
  } catch {
    if error == .interrupted { return false }
    throw error
  }
}
