import AdapterCore
import CRabbitMQ
import Glibc
import Platform

/// One connection to a broker, used by one thread.
///
/// librabbitmq reads, writes and sends heartbeats only within its calls: what waits, waits here.
final class RabbitMQConnection {
  /// Bytes of a frame at most; what both sides settle on by default.
  private static let largestFrame: Int32 = 131_072
  /// How long the broker may take for an answer.
  private static let answerPatience = Duration.seconds(30)
  /// How long it may take for one that is asked for when the operation's time is over.
  private static let lastPatience = Duration.seconds(2)

  let state: amqp_connection_state_t
  /// Host and port, for messages.
  let place: String
  let arena = ByteArena()
  /// Between two signs of life; nil: there are none.
  let heartbeat: Duration?
  /// Of a frame at most.
  let frameBytes: Int
  /// Of the broker's version; 0 when it tells none.
  let serverMajorVersion: Int
  private let operation: OperationContext
  private let descriptor: Int32
  private var isReleased = false
  /// Whether it can still be used.
  private(set) var isUsable = true
  /// Why the broker takes no messages for now (connection.blocked).
  private(set) var blockedReason: String?
  /// Without holding them: each of them holds the connection.
  private struct WeakChannel { weak var channel: RabbitMQChannel? }
  private var channels: [amqp_channel_t: WeakChannel] = [:]
  private var freeNumbers: [amqp_channel_t] = []
  private var nextNumber: amqp_channel_t = 1

  private init(_ state: amqp_connection_state_t, at place: String, _ operation: OperationContext) {
    self.state = state
    self.place = place
    self.operation = operation
    descriptor = amqp_get_sockfd(state)
    frameBytes = Int(amqp_get_frame_max(state))
    let seconds = amqp_get_heartbeat(state)
    heartbeat = seconds > 0 ? .seconds(Int64(seconds)) : nil
    serverMajorVersion = Self.majorVersion(amqp_get_server_properties(state))
  }

  private static func majorVersion(_ properties: UnsafeMutablePointer<amqp_table_t>?) -> Int {
    guard let table = properties?.pointee else { return 0 }
    for entry in table.all where entry.key.text == "version" {
      return Int(entry.value.value.bytes.text.prefix { $0 != "." }) ?? 0
    }
    return 0
  }

  deinit { close() }

  /// Says goodbye where somebody listens; what is not settled goes back.
  func close() {
    guard !isReleased else { return }
    isReleased = true
    if isUsable {
      setAnswerPatience(Self.lastPatience)
      _ = amqp_connection_close(state, AMQP_REPLY_SUCCESS)
    }
    isUsable = false
    amqp_destroy_connection(state)
  }

  // MARK: - Opening

  /// Connects to the first host that answers.
  static func open(
    _ settings: RabbitMQSettings, _ operation: OperationContext
  ) throws(AdapterError) -> RabbitMQConnection {
    var failures: [AdapterError] = []
    for host in settings.hosts {
      do throws(AdapterError) {
        return try open(settings, host, operation)
      } catch {
        guard error.kind == .unavailable || error.kind == .temporary else { throw error }
        failures.append(error)
      }
    }
    guard var error = failures.popLast() else {
      throw AdapterError(.usage, "malformed amqp URL: it has no host")
    }
    error.details += failures.map(\.message)
    throw error
  }

  private static func open(
    _ settings: RabbitMQSettings, _ host: Target.Host, _ operation: OperationContext
  ) throws(AdapterError) -> RabbitMQConnection {
    try operation.cancellation.check()
    let place = "\(host.name):\(settings.port(of: host))"
    guard let state = amqp_new_connection() else { throw AdapterError(.bug, "out of memory") }
    do throws(AdapterError) {
      try connect(state, settings, host, at: place, operation)
      try logIn(state, settings, at: place, operation)
    } catch {
      amqp_destroy_connection(state)
      // Not what broke because it was to stop.
      try operation.cancellation.check()
      if operation.deadline.isPassed { throw operation.stopError }
      throw error
    }
    return RabbitMQConnection(state, at: place, operation)
  }

  private static func connect(
    _ state: amqp_connection_state_t, _ settings: RabbitMQSettings, _ host: Target.Host,
    at place: String, _ operation: OperationContext
  ) throws(AdapterError) {
    let socket = settings.isTLS ? amqp_ssl_socket_new(state) : amqp_tcp_socket_new(state)
    guard let socket else { throw AdapterError(.bug, "out of memory") }
    if settings.isTLS { try setUpTLS(socket, settings, host.name) }
    var timeout = timeout(settings, operation)
    let status = amqp_socket_open_noblock(
      socket, host.name, Int32(settings.port(of: host)), &timeout)
    guard status != AMQP_STATUS_OK.rawValue else { return }
    var error = RabbitMQErrors.library(status, doing: "connect", at: place)
    if error.kind == .temporary {
      error.kind = .unavailable
      error.hint = "is the broker up there? amqp: is port 5672, amqps: 5671"
    }
    let isHandshake =
      status == AMQP_STATUS_SSL_ERROR.rawValue
      || status == AMQP_STATUS_SSL_CONNECTION_FAILED.rawValue
    if isHandshake { error.hint = "does this port speak TLS? amqps: is 5671, amqp: 5672" }
    throw error
  }

  /// How long a step of connecting may take.
  private static func timeout(
    _ settings: RabbitMQSettings, _ operation: OperationContext
  ) -> timeval {
    timeval(min(settings.connectTimeout, remaining(operation) ?? .seconds(3600)))
  }

  /// What the operation has left, for librabbitmq, which ends its waits up to a millisecond early: it
  /// would not yet be clear then whose time was over.
  private static func remaining(_ operation: OperationContext) -> Duration? {
    operation.deadline.remaining.map { $0 + .milliseconds(2) }
  }

  private static func setUpTLS(
    _ socket: OpaquePointer, _ settings: RabbitMQSettings, _ host: String
  ) throws(AdapterError) {
    amqp_ssl_socket_set_verify_peer(socket, settings.verifiesPeer ? 1 : 0)
    amqp_ssl_socket_set_verify_hostname(socket, 0)
    if settings.verifiesPeer {
      if nb_amqp_expect_ip(socket, host) == 0 { amqp_ssl_socket_set_verify_hostname(socket, 1) }
      let file = try settings.trustedAuthorities()
      guard amqp_ssl_socket_set_cacert(socket, file) == AMQP_STATUS_OK.rawValue else {
        throw AdapterError(
          .config, "cannot read authorities from \(file)",
          hint: "cacertfile is a file of PEM certificates")
      }
    }
    if let certificate = settings.certificateFile, let key = settings.keyFile {
      guard amqp_ssl_socket_set_key(socket, certificate, key) == AMQP_STATUS_OK.rawValue else {
        throw AdapterError(
          .config, "cannot use the certificate \(certificate) with the key \(key)",
          hint: "both are PEM files, the key without a passphrase")
      }
    }
  }

  private static func logIn(
    _ state: amqp_connection_state_t, _ settings: RabbitMQSettings, at place: String,
    _ operation: OperationContext
  ) throws(AdapterError) {
    var timeout = timeout(settings, operation)
    _ = amqp_set_handshake_timeout(state, &timeout)
    let arena = ByteArena()
    let capabilities = [
      "authentication_failure_close", "basic.nack", "connection.blocked",
      "consumer_cancel_notify", "publisher_confirms",
    ]
    var properties = arena.table([
      arena.entry("product", "nb"), arena.entry("connection_name", settings.connectionName),
      arena.entry(
        "capabilities", arena.table(capabilities.map { arena.entry($0, isSet: true) })),
    ])
    let heartbeat = Int32(settings.heartbeat)
    let reply =
      switch settings.authentication {
      case .plain:
        nb_amqp_login_plain(
          state, settings.virtualHost, largestFrame, heartbeat, &properties, settings.user,
          settings.password.reveal())
      case .external:
        nb_amqp_login_external(
          state, settings.virtualHost, largestFrame, heartbeat, &properties)
      }
    guard var error = RabbitMQErrors.error(reply, doing: "log in", at: place) else { return }
    if error.kind == .temporary, error.code == nil {
      error.kind = .unavailable
      // A server of TLS hangs up on who does not begin with it.
      if !settings.isTLS { error.hint = "does this port speak TLS? amqps: is 5671, amqp: 5672" }
    }
    throw error
  }

  private func setAnswerPatience(_ patience: Duration) {
    var timeout = timeval(patience)
    _ = amqp_set_rpc_timeout(state, &timeout)
  }

  // MARK: - Channels

  func openChannel() throws(AdapterError) -> RabbitMQChannel {
    try requireUsable()
    let number = freeNumbers.popLast() ?? nextNumber
    if number == nextNumber { nextNumber += 1 }
    try ask("open a channel", on: nil) { _ = amqp_channel_open(state, number) }
    let channel = RabbitMQChannel(self, number)
    channels[number] = WeakChannel(channel: channel)
    return channel
  }

  func forget(_ channel: RabbitMQChannel) {
    channels[channel.number] = nil
    freeNumbers.append(channel.number)
  }

  // MARK: - Calls

  func requireUsable() throws(AdapterError) {
    guard isUsable else { throw broken("it was lost") }
  }

  /// The error of a connection that broke.
  private func broken(_ why: String) -> AdapterError {
    AdapterError(
      .temporary, "the connection to \(place) broke: \(why)",
      hint: "is the broker up? it drops connections whose heartbeats it misses",
      isRetryable: true)
  }

  /// Runs a call of the library that waits for an answer, and throws unless it was answered well.
  func ask(
    _ what: String, on channel: RabbitMQChannel?, _ call: () -> Void
  ) throws(AdapterError) {
    let remaining = Self.remaining(operation) ?? Self.answerPatience
    setAnswerPatience(min(Self.answerPatience, max(Self.lastPatience, remaining)))
    call()
    let reply = amqp_get_rpc_reply(state)
    arena.reset()
    guard let error = RabbitMQErrors.error(reply, doing: what, at: place) else { return }
    if RabbitMQErrors.isOfChannel(reply) {
      channel?.wasClosed(error)
      throw error
    }
    throw broke(reply, error)
  }

  private func broke(_ reply: amqp_rpc_reply_t, _ error: AdapterError) -> AdapterError {
    // What librabbitmq refuses by itself leaves the connection as it is.
    if error.kind == .data { return error }
    isUsable = false
    if reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION { return error }
    return operation.deadline.isPassed ? operation.stopError : broken(error.message)
  }

  /// Throws for the status of a call that only sends.
  func check(_ status: Int32, _ what: String) throws(AdapterError) {
    guard status != AMQP_STATUS_OK.rawValue else { return }
    let error = RabbitMQErrors.library(status, doing: what, at: place)
    if error.kind == .data { throw error }
    isUsable = false
    throw error.kind == .temporary ? broken(error.message) : error
  }

  // MARK: - Sending

  /// Whether a little can be sent without a wait.
  var canBeWritten: Bool { isWritableNow(descriptor) }

  /// Runs a call that sends: librabbitmq waits without end for a broker that reads nothing. When the
  /// operation must stop, the wait ends, and the connection with it.
  func sendStoppably(_ what: String, _ call: () -> Int32) throws(AdapterError) {
    try operation.cancellation.check()
    let descriptor = descriptor
    let registration = operation.cancellation.addHandler {
      _ = shutdown(descriptor, Int32(SHUT_RDWR))
    }
    let status = call()
    operation.cancellation.removeHandler(registration)
    if status != AMQP_STATUS_OK.rawValue, operation.cancellation.isCancelled {
      isUsable = false
      throw operation.stopError
    }
    try check(status, what)
  }

  /// Runs a call that sends; the connection is lost when the broker reads nothing for so long.
  func send(
    _ what: String, within patience: Duration, _ call: () -> Int32
  ) throws(AdapterError) {
    nb_amqp_limit_silence(state, UInt32(clamping: patience.inMilliseconds))
    defer { nb_amqp_limit_silence(state, 0) }
    try check(call(), what)
  }

  // MARK: - Frames

  /// Handles all frames that are here; returns whether there was one.
  func takeFrames() throws(AdapterError) -> Bool {
    var hasTaken = false
    while try takeFrame() { hasTaken = true }
    return hasTaken
  }

  /// Handles the next frame, waiting for it; false when none came until `limit`, or when the
  /// operation must stop and `isStoppable`.
  func waitForFrame(until limit: Deadline, isStoppable: Bool) throws(AdapterError) -> Bool {
    while true {
      if try takeFrame() { return true }
      // To send a heartbeat, and to notice that none came.
      let look = heartbeat.map { Deadline.after($0 / 4) } ?? .never
      let end = limit.earlier(of: look)
      do throws(Errno) {
        if isStoppable {
          guard try operation.wait(for: .readable, on: descriptor, until: end) != .woken else {
            return false
          }
        } else {
          let wait = end.remaining ?? .seconds(1)
          _ = try waitUntilReadable(descriptor, timeout: max(wait, .milliseconds(1)))
        }
      } catch {
        isUsable = false
        throw broken(error.message)
      }
      if limit.isPassed, !(try takeFrame()) { return false }
    }
  }

  private func takeFrame() throws(AdapterError) -> Bool {
    try requireUsable()
    var frame = amqp_frame_t()
    var timeout = timeval()
    let status = amqp_simple_wait_frame_noblock(state, &frame, &timeout)
    guard status != AMQP_STATUS_TIMEOUT.rawValue else { return false }
    try check(status, "read")
    if frame.channel == 0 {
      try takeControl(frame)
    } else {
      try channels[frame.channel]?.channel?.take(frame)
    }
    amqp_maybe_release_buffers_on_channel(state, frame.channel)
    return true
  }

  private func takeControl(_ frame: amqp_frame_t) throws(AdapterError) {
    guard Int32(frame.frame_type) == AMQP_FRAME_METHOD else { return }
    let method = frame.payload.method
    switch method.id {
    case AMQP_CONNECTION_BLOCKED_METHOD:
      let reason = method.decoded?.assumingMemoryBound(to: amqp_connection_blocked_t.self)
      blockedReason = reason?.pointee.reason.text ?? ""
      operation.note(
        "\(place) takes no messages for now: \(blockedReason ?? ""); waiting until it does")
    case AMQP_CONNECTION_UNBLOCKED_METHOD: blockedReason = nil
    case AMQP_CONNECTION_CLOSE_METHOD:
      let (code, text) = RabbitMQErrors.exception(method) ?? (0, "closed")
      var ok = amqp_connection_close_ok_t()
      _ = amqp_send_method(state, 0, AMQP_CONNECTION_CLOSE_OK_METHOD, &ok)
      isUsable = false
      throw RabbitMQErrors.exception(code, text, doing: "go on", at: place)
    default: break
    }
  }
}

extension timeval {
  init(_ duration: Duration) {
    let microseconds = duration.inNanoseconds / 1000
    self.init(tv_sec: Int(microseconds / 1_000_000), tv_usec: Int(microseconds % 1_000_000))
  }
}

extension amqp_table_t {
  var all: UnsafeBufferPointer<amqp_table_entry_t> {
    UnsafeBufferPointer(start: entries, count: Int(num_entries))
  }
}
