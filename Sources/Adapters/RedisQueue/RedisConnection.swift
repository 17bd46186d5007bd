import AdapterCore
import CHiredis
import Platform
import Transport

/// A connection to one server: commands go out, replies come in their order.
final class RedisConnection {
  private static let bufferBytes = 64 * 1024

  let endpoint: TransportEndpoint
  /// The name under which this server keeps nb's script (SCRIPT LOAD).
  private(set) var script = ""
  /// Whether replies can no longer be told apart.
  private var isBroken = false
  /// Whether nothing came for as long as it was waited for.
  private(set) var isSilent = false
  /// When the last reply came.
  private var lastUse = MonotonicInstant.now
  private let stream: ByteStream
  private let reader: UnsafeMutablePointer<redisReader>
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: bufferBytes, alignment: 1)

  /// Throws `unavailable` when nobody answers, or hiredis cannot be loaded; what TLS throws.
  init(
    _ endpoint: TransportEndpoint, _ options: TransportOptions, _ operation: OperationContext
  ) throws(AdapterError) {
    try RedisQueueAdapter.library.require()
    stream = try ByteStream(endpoint, options, operation)
    guard let reader = redisReaderCreate() else {
      throw AdapterError(.io, "there is no memory for a connection to Redis")
    }
    self.endpoint = endpoint
    self.reader = reader
  }

  deinit {
    redisReaderFree(reader)
    buffer.deallocate()
  }

  // MARK: Beginning

  /// Says who is there, chooses the database and leaves the script, in one round trip.
  ///
  /// Throws `denied` for a wrong password or a user who may not.
  func begin(
    _ settings: RedisSettings, limit: Deadline, _ operation: OperationContext
  ) throws(AdapterError) {
    var commands: [RedisCommand] = []
    if let login = Self.login(settings.user, settings.password) { commands.append(login) }
    if settings.database != 0 { commands.append(RedisCommand("SELECT", String(settings.database))) }
    let required = commands.count
    // A user may lack the permission; the name is only for people who look.
    commands.append(RedisCommand("CLIENT", "SETNAME", settings.clientName))
    commands.append(RedisCommand("SCRIPT", "LOAD", RedisScript.text))
    let replies = try exchange(commands, limit: limit, operation)
    for reply in replies.prefix(required) { try check(reply) }
    let loaded = replies[required + 1]
    try check(loaded)
    script = loaded.text
  }

  /// AUTH with a user (ACL) or the password alone; nil without a password.
  static func login(_ user: String?, _ password: Secret?) -> RedisCommand? {
    guard let password = password?.reveal() else { return nil }
    if let user { return RedisCommand("AUTH", user, password) }
    return RedisCommand("AUTH", password)
  }

  func check(_ reply: RedisReply) throws(AdapterError) {
    if let error = reply.error { throw RedisErrors.make(error, endpoint.displayName) }
  }

  /// Sends commands and awaits all replies.
  func exchange(
    _ commands: [RedisCommand], limit: Deadline, _ operation: OperationContext
  ) throws(AdapterError) -> [RedisReply] {
    for command in commands { try send(command, limit: limit, operation) }
    var replies: [RedisReply] = []
    for _ in commands { replies.append(try receive(limit: limit, operation)) }
    return replies
  }

  // MARK: Words

  func send(
    _ command: RedisCommand, limit: Deadline, _ operation: OperationContext
  ) throws(AdapterError) {
    // A closure would not keep the type of the error.
    let bytes = command.bytes
    let failure: AdapterError? = bytes.withUnsafeBytes { bytes in
      do throws(AdapterError) {
        try stream.write(bytes, until: limit, operation)
        return nil
      } catch {
        return error
      }
    }
    if let failure { throw failure }
  }

  /// The next reply.
  ///
  /// Throws `temporary` when the connection breaks or `limit` passes, `protocolViolation` for what
  /// is no RESP, `cancelled`, `timeout`; the connection is of no use then.
  func receive(
    limit: Deadline, _ operation: OperationContext
  ) throws(AdapterError) -> RedisReply {
    guard !isBroken else {
      throw AdapterError(
        .temporary, "the connection to \(endpoint.displayName) broke", isRetryable: true)
    }
    isBroken = true
    let reply = try next(limit, operation)
    isBroken = false
    return reply
  }

  private func next(
    _ limit: Deadline, _ operation: OperationContext
  ) throws(AdapterError) -> RedisReply {
    while true {
      var reply: UnsafeMutableRawPointer?
      guard redisReaderGetReply(reader, &reply) == REDIS_OK else { throw violation }
      if let reply {
        lastUse = .now
        return RedisReply(owning: reply.assumingMemoryBound(to: redisReply.self))
      }
      isSilent = true
      guard let count = try stream.read(into: buffer, until: limit, operation) else {
        throw AdapterError(
          .temporary, "\(endpoint.displayName) sends nothing more", hint: "raise read_timeout",
          isRetryable: true)
      }
      isSilent = false
      guard count > 0 else {
        throw AdapterError(
          .temporary, "\(endpoint.displayName) closed the connection", isRetryable: true)
      }
      let bytes = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      guard redisReaderFeed(reader, bytes, count) == REDIS_OK else { throw violation }
    }
  }

  /// Whether the server has ended a connection that nobody used for a while: what would be sent then
  /// had an unknown fate.
  func hasEnded(_ operation: OperationContext) -> Bool {
    guard MonotonicInstant.now.since(lastUse) > .seconds(1) else { return false }
    do throws(AdapterError) {
      // Nothing is to be read while no reply is awaited.
      return try stream.read(into: buffer, until: .after(.zero), operation) != nil
    } catch {
      return true
    }
  }

  private var violation: AdapterError {
    let said = withUnsafeBytes(of: reader.pointee.errstr) { text in
      String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
    return AdapterError(
      .protocolViolation, "\(endpoint.displayName) does not speak Redis' protocol: \(said)",
      hint: "is it Redis, and is TLS on both sides or on neither?")
  }
}
