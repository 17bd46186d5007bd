import AdapterCore
import CCurl
import Glibc
import Platform

/// libcurl's multi handle, driven by events (curl_multi_socket_action(3)): each step works on the
/// transfers that have something to do. curl_multi_perform(3) looks at every transfer every time, and
/// with HTTP/2 curl_multi_poll(3) may wait for what libcurl has read already.
final class CurlMulti {
  let raw: UnsafeMutableRawPointer
  /// What is polled: the caller's two descriptors, then libcurl's sockets.
  private var polled: [pollfd]
  /// Those that are ready, kept for its storage.
  private var ready: [(descriptor: Int32, events: Int32)] = []
  /// When libcurl wants to be called for time that has passed.
  private var timer: MonotonicInstant?

  private static let firstSocket = 2

  init(maximumConnections: Int) throws(AdapterError) {
    guard let raw = curl_multi_init() else {
      throw AdapterError(.bug, "libcurl gives no multi handle")
    }
    self.raw = raw
    polled = Array(repeating: pollfd(fd: -1, events: Int16(POLLIN), revents: 0), count: 2)
    _ = nb_curl_multi_set_long(raw, CURLMOPT_MAX_TOTAL_CONNECTIONS, maximumConnections)
    _ = nb_curl_multi_set_long(raw, CURLMOPT_MAXCONNECTS, maximumConnections)
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = nb_curl_multi_set_socket_callback(raw, watchSocket)
    _ = nb_curl_multi_set_pointer(raw, CURLMOPT_SOCKETDATA, context)
    _ = nb_curl_multi_set_timer_callback(raw, setTimer)
    _ = nb_curl_multi_set_pointer(raw, CURLMOPT_TIMERDATA, context)
  }

  deinit {
    _ = nb_curl_multi_set_socket_callback(raw, nil)
    _ = nb_curl_multi_set_timer_callback(raw, nil)
    curl_multi_cleanup(raw)
  }

  // MARK: Steps

  /// Does what is due by the clock, among it the beginning of transfers.
  ///
  /// - Parameter sendsMuch: whether several requests leave, which then share packets.
  func runTimer(sendsMuch: Bool) throws(AdapterError) {
    guard let timer, timer <= .now else { return }
    self.timer = nil
    if sendsMuch { cork(true) }
    defer { if sendsMuch { cork(false) } }
    try act(CURL_SOCKET_BAD, 0)
  }

  /// Waits until a socket is ready, `wake` or `input` can be read, libcurl's timer is due or `instant`
  /// has passed, and handles the sockets (poll(2)).
  ///
  /// - Parameters:
  ///   - wake, input: -1 for none.
  func wait(wake: Int32, input: Int32, until instant: MonotonicInstant?) throws(AdapterError) {
    polled[0].fd = wake
    polled[1].fd = input
    let end = timer.map { timer in instant.map { min($0, timer) } ?? timer } ?? instant
    let count = polled.withUnsafeMutableBufferPointer { buffer in
      poll(buffer.baseAddress, nfds_t(buffer.count), pollTimeout(until: end))
    }
    guard count > 0 else { return }
    ready.removeAll(keepingCapacity: true)
    for entry in polled[Self.firstSocket...] where entry.revents != 0 {
      let isReadable = entry.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0
      let isWritable = entry.revents & Int16(POLLOUT) != 0
      ready.append(
        (entry.fd, (isReadable ? CURL_CSELECT_IN : 0) | (isWritable ? CURL_CSELECT_OUT : 0)))
    }
    for item in ready where isWatched(item.descriptor) { try act(item.descriptor, item.events) }
  }

  private func act(_ socket: curl_socket_t, _ events: Int32) throws(AdapterError) {
    var stillRunning: Int32 = 0
    let code = curl_multi_socket_action(raw, socket, events, &stillRunning)
    guard code == CURLM_OK else {
      throw AdapterError(.bug, "libcurl: \(String(cString: curl_multi_strerror(code)))")
    }
  }

  /// The next transfer that has ended.
  func nextFinished() -> (handle: UnsafeMutableRawPointer, result: CURLcode)? {
    var left: Int32 = 0
    while let message = curl_multi_info_read(raw, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else {
        continue
      }
      return (handle, nb_curl_message_result(message))
    }
    return nil
  }

  // MARK: What libcurl asks for

  private func isWatched(_ descriptor: Int32) -> Bool {
    polled[Self.firstSocket...].contains { $0.fd == descriptor }
  }

  fileprivate func watch(_ descriptor: Int32, _ what: Int32) {
    let index = polled[Self.firstSocket...].firstIndex { $0.fd == descriptor }
    if what == CURL_POLL_REMOVE {
      if let index { polled.remove(at: index) }
      return
    }
    let events =
      (what & CURL_POLL_IN != 0 ? Int16(POLLIN) : 0)
      | (what & CURL_POLL_OUT != 0 ? Int16(POLLOUT) : 0)
    if let index {
      polled[index].events = events
    } else {
      polled.append(pollfd(fd: descriptor, events: events, revents: 0))
    }
  }

  /// - Parameter milliseconds: -1: no time.
  fileprivate func callAgain(in milliseconds: Int) {
    timer = milliseconds < 0 ? nil : MonotonicInstant.now.advanced(by: .milliseconds(milliseconds))
  }

  /// Holds back what does not fill a packet (tcp(7), TCP_CORK): libcurl writes every request by itself,
  /// and each write would be a packet, a wake-up of the server and a response of its own.
  private func cork(_ isOn: Bool) {
    var value: Int32 = isOn ? 1 : 0
    for entry in polled[Self.firstSocket...] {
      // Fails for what is no TCP socket, which then needs none.
      _ = setsockopt(
        entry.fd, Int32(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<Int32>.size))
    }
  }
}

/// CURLMOPT_SOCKETFUNCTION.
private func watchSocket(
  _ handle: UnsafeMutableRawPointer?, _ socket: curl_socket_t, _ what: Int32,
  _ context: UnsafeMutableRawPointer?, _ socketContext: UnsafeMutableRawPointer?
) -> Int32 {
  if let context {
    Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(socket, what)
  }
  return 0
}

/// CURLMOPT_TIMERFUNCTION.
private func setTimer(
  _ multi: UnsafeMutableRawPointer?, _ milliseconds: Int, _ context: UnsafeMutableRawPointer?
) -> Int32 {
  if let context {
    Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().callAgain(in: milliseconds)
  }
  return 0
}
