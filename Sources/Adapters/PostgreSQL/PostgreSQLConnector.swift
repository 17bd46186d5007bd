import AdapterCore
import CPostgreSQL
import Glibc
import Platform

/// Makes a connection without ever waiting longer than the operation may (PQconnectStartParams,
/// PQconnectPoll).
struct PostgreSQLConnector {
  private var settings: PostgreSQLSettings
  private let operation: OperationContext

  init(_ settings: PostgreSQLSettings, _ operation: OperationContext) {
    self.settings = settings
    self.operation = operation
  }

  /// The first host of the list that can be used. Names are looked up on a thread of its own, for
  /// getaddrinfo(3), which libpq calls, cannot be interrupted.
  func connect() throws(AdapterError) -> PostgreSQLConnection {
    try operation.cancellation.check()
    let handle = settings.looksUpNames ? try connectApart() : try connectHere()
    return PostgreSQLConnection(handle, displayName: settings.displayName, operation: operation)
  }

  private func connectApart() throws(AdapterError) -> OpaquePointer {
    let outcome = try operation.runApart("nb-connect") { () -> Outcome in
      do throws(AdapterError) {
        return .connected(Handle(try connectHere()))
      } catch {
        return .failed(error)
      }
    }
    switch outcome {
    case .connected(let handle): return handle.take()
    case .failed(let error): throw error
    }
  }

  private enum Outcome: Sendable {
    case connected(Handle)
    case failed(AdapterError)
  }

  /// A connection that nobody may want any more when it stands; one thread has it at a time.
  private final class Handle: @unchecked Sendable {
    private let pointer: OpaquePointer
    private var isTaken = false

    init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { if !isTaken { PQfinish(pointer) } }

    func take() -> OpaquePointer {
      isTaken = true
      return pointer
    }
  }

  private func connectHere() throws(AdapterError) -> OpaquePointer {
    var attempt = self
    while true {
      guard let handle = attempt.start() else {
        throw AdapterError(.io, "libpq could not allocate a connection")
      }
      let stands: Bool
      do throws(AdapterError) {
        stands = try attempt.poll(handle)
      } catch {
        PQfinish(handle)
        throw error
      }
      if stands { return handle }
      // A host did not answer in time; the next one is tried, as libpq's blocking call does.
      let rest = attempt.hosts(after: handle)
      PQfinish(handle)
      guard !rest.isEmpty else { throw attempt.failure("connect_timeout passed") }
      attempt.settings.hosts = rest
    }
  }

  private func start() -> OpaquePointer? {
    let parameters = settings.parameters()
    var keywords = parameters.map { UnsafePointer(strdup($0.keyword)) } + [nil]
    var values = parameters.map { UnsafePointer(strdup($0.value)) } + [nil]
    defer {
      for text in keywords + values { free(UnsafeMutableRawPointer(mutating: text)) }
    }
    return PQconnectStartParams(&keywords, &values, 0)
  }

  /// Whether the connection stands; false when one host took longer than connect_timeout.
  private func poll(_ handle: OpaquePointer) throws(AdapterError) -> Bool {
    guard PQstatus(handle) != CONNECTION_BAD else {
      let message = String(cString: PQerrorMessage(handle))
      throw Self.isAboutHost(message) ? failure(message) : malformed(message)
    }
    // Messages then hold the SQLSTATE, which libpq gives in no other way while it connects.
    PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
    PQsetNoticeReceiver(handle, { _, _ in }, nil)
    let timeout = try Self.connectTimeout(of: handle)
    // Below two seconds libpq takes two.
    let limit = timeout > 0 ? Duration.seconds(max(2, timeout)) : nil
    var place = Self.place(of: handle)
    var deadline = Deadline(instant: limit.map { MonotonicInstant.now.advanced(by: $0) })
    var readiness = Readiness.writable
    while true {
      let result = try wait(handle, readiness, deadline)
      if result == .timeout { return false }
      switch PQconnectPoll(handle) {
      case PGRES_POLLING_OK:
        PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
        return true
      case PGRES_POLLING_READING: readiness = .readable
      case PGRES_POLLING_WRITING: readiness = .writable
      default: throw failure(String(cString: PQerrorMessage(handle)))
      }
      let now = Self.place(of: handle)
      if now != place {
        place = now
        deadline = Deadline(instant: limit.map { MonotonicInstant.now.advanced(by: $0) })
      }
    }
  }

  private func wait(
    _ handle: OpaquePointer, _ readiness: Readiness, _ deadline: Deadline
  ) throws(AdapterError) -> WaitResult {
    do throws(Errno) {
      let result = try operation.wait(for: readiness, on: PQsocket(handle), until: deadline)
      if result != .woken { return result }
    } catch {
      throw AdapterError(
        .io, "cannot wait for \(settings.displayName): \(error.message)", code: error.name)
    }
    throw operation.stopError
  }

  private static func place(of handle: OpaquePointer) -> String {
    let host = PQhost(handle).map { String(cString: $0) } ?? ""
    let port = PQport(handle).map { String(cString: $0) } ?? ""
    return host + ":" + port
  }

  /// In seconds; 0: none. A URL's or profile's was looked at; PGCONNECT_TIMEOUT and service files hold
  /// anything.
  private static func connectTimeout(of handle: OpaquePointer) throws(AdapterError) -> Int {
    guard let text = option("connect_timeout", of: handle), !text.isEmpty else { return 0 }
    if let seconds = Int(text.split(separator: " ").joined()) { return max(0, seconds) }
    throw AdapterError(
      .usage, "connect_timeout takes seconds, not '\(text)'",
      hint: "it comes from PGCONNECT_TIMEOUT or a service file")
  }

  /// An option in effect, wherever it comes from (PQconninfo).
  private static func option(_ name: String, of handle: OpaquePointer) -> String? {
    guard let options = PQconninfo(handle) else { return nil }
    defer { PQconninfoFree(options) }
    var option = options
    while let keyword = option.pointee.keyword {
      if String(cString: keyword) == name {
        return option.pointee.val.map { String(cString: $0) }
      }
      option += 1
    }
    return nil
  }

  /// The hosts behind the one that is being tried.
  private func hosts(after handle: OpaquePointer) -> [Target.Host] {
    let place = Self.place(of: handle)
    let index = settings.hosts.firstIndex { "\($0.name):\($0.port ?? 5432)" == place }
    return index.map { Array(settings.hosts[($0 + 1)...]) } ?? []
  }

  // MARK: Failures

  /// libpq refused a setting before it tried anything.
  private func malformed(_ text: String) -> AdapterError {
    let message = settings.redact(firstLine(of: text))
    if let setting = settings.setting(namedIn: message) { return setting.error(message) }
    return AdapterError(.usage, "cannot connect to \(settings.displayName): \(message)")
  }

  private func failure(_ text: String) -> AdapterError {
    let reasons = Self.reasons(in: settings.redact(text))
    let decisive = reasons.last { $0.code != nil } ?? reasons.last
    // Some settings it looks at only when it uses them.
    if let message = decisive?.message, message.hasPrefix("invalid integer value") {
      return malformed(message)
    }
    let reason = decisive?.message ?? "the connection failed"
    var error = PostgreSQLConnectFailure.error(code: decisive?.code, reason: reason)
    let isOne = reasons.allSatisfy { $0.message == reason }
    error.message =
      "cannot connect to \(settings.displayName): "
      + (isOne ? error.message : "none of its hosts can be used")
    if !isOne { error.details = reasons.map { "  \($0.place)\($0.message)" } }
    return error
  }

  private func firstLine(of text: String) -> String {
    String(text.prefix { $0 != "\n" })
  }

  /// Whether a line tells of a host that was tried.
  private static func isAboutHost(_ line: some StringProtocol) -> Bool {
    line.hasPrefix("connection to server") || line.hasPrefix("could not translate host name")
  }

  private struct Reason {
    var place: String
    var code: String?
    var message: String
  }

  /// One reason a host from `connection to server at "a", port 1 failed: FATAL:  28P01: …`.
  private static func reasons(in text: String) -> [Reason] {
    var reasons: [Reason] = []
    for line in text.split(separator: "\n") {
      // What follows a reason on lines of its own explains it at length.
      guard reasons.isEmpty || isAboutHost(line) else { continue }
      var reason = Reason(place: "", code: nil, message: String(line))
      if line.hasPrefix("connection to server"), let cut = line.firstRange(of: " failed: ") {
        reason.place = line[..<cut.lowerBound].dropFirst("connection to server ".count) + ": "
        reason.message = String(line[cut.upperBound...])
      }
      if reason.message.hasPrefix("fe_sendauth: ") { reason.message.removeFirst(13) }
      if let cut = reason.message.firstRange(of: ":  ") {
        let rest = reason.message[cut.upperBound...]
        let code = rest.prefix(5)
        if code.count == 5, rest.dropFirst(5).hasPrefix(": ") {
          reason.code = String(code)
          reason.message = String(rest.dropFirst(7))
        }
      }
      reasons.append(reason)
    }
    return reasons
  }
}
