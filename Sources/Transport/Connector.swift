import AdapterCore
import Platform

/// Connects to the first of a host's addresses that answers (Happy Eyeballs, RFC 8305).
struct Connector {
  /// How long an address has before the next one is tried beside it.
  private static let headStart = Duration.milliseconds(250)

  private let endpoint: TransportEndpoint
  private let operation: OperationContext
  private let limit: Deadline
  private var waiting: ArraySlice<SocketAddress>
  private var running: [Socket] = []
  private var lastError: Errno?

  /// Looks the host up; throws `unavailable` for a name without an address.
  init(
    _ endpoint: TransportEndpoint, until limit: Deadline, _ operation: OperationContext
  ) throws(AdapterError) {
    self.endpoint = endpoint
    self.operation = operation
    self.limit = limit
    waiting = try Self.addresses(of: endpoint, until: limit, operation)[...]
  }

  private static func addresses(
    of endpoint: TransportEndpoint, until limit: Deadline, _ operation: OperationContext
  ) throws(AdapterError) -> [SocketAddress] {
    switch endpoint {
    case .unix(let path):
      guard let address = SocketAddress(unixPath: path) else {
        throw AdapterError(.usage, "\(path) is too long for a socket's path")
      }
      return [address]
    case .tcp(let host, let port):
      let found: Result<[SocketAddress], SocketAddress.LookupFailure>
      if SocketAddress.isNumeric(host) {
        found = lookUp(host, port, isNumeric: true)
      } else {
        let own = operation.ending(by: limit.earlier(of: operation.deadline))
        do throws(AdapterError) {
          found = try own.runApart("nb-lookup") { lookUp(host, port, isNumeric: false) }
        } catch {
          guard limit.isPassed, !operation.deadline.isPassed else { throw error }
          throw TransportErrors.connectTimeout(endpoint)
        }
      }
      guard case .success(let addresses) = found, !addresses.isEmpty else {
        throw AdapterError(
          .unavailable, "no address is known for the host \(host)",
          hint: "is it spelt right? Is there a name server?")
      }
      return interleaved(addresses)
    }
  }

  private static func lookUp(
    _ host: String, _ port: Int, isNumeric: Bool
  ) -> Result<[SocketAddress], SocketAddress.LookupFailure> {
    Result { () throws(SocketAddress.LookupFailure) in
      try SocketAddress.lookUp(host, port: port, isNumeric: isNumeric)
    }
  }

  /// The families by turns, the preferred one first (RFC 8305, section 4).
  private static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
    guard let first = addresses.first else { return [] }
    let preferred = addresses.filter { $0.family == first.family }
    let others = addresses.filter { $0.family != first.family }
    var result: [SocketAddress] = []
    for index in 0..<max(preferred.count, others.count) {
      if index < preferred.count { result.append(preferred[index]) }
      if index < others.count { result.append(others[index]) }
    }
    return result
  }

  /// Throws `unavailable` when no address answers in time, `cancelled`, `timeout`.
  mutating func connect() throws(AdapterError) -> Socket {
    operation.cancellation.watch()
    while true {
      startNext()
      guard !running.isEmpty else {
        if waiting.isEmpty { throw TransportErrors.cannotConnect(endpoint, lastError) }
        continue
      }
      let pause = waiting.isEmpty ? limit : .after(Self.headStart).earlier(of: limit)
      if let socket = try wait(until: pause) { return socket }
      if limit.isPassed { throw TransportErrors.connectTimeout(endpoint) }
    }
  }

  private mutating func startNext() {
    guard let address = waiting.popFirst() else { return }
    do throws(Errno) {
      running.append(try Socket.connecting(to: address))
    } catch {
      lastError = error
    }
  }

  /// The socket that is connected; nil when the next address is to be tried, or `pause` passed.
  private mutating func wait(until pause: Deadline) throws(AdapterError) -> Socket? {
    while !pause.isPassed {
      var set = PollSet()
      set.add(operation.cancellation.wakeEvent.rawValue, .readable)
      for socket in running { set.add(socket.rawValue, .writable) }
      let end = pause.earlier(of: operation.deadline).instant
      do throws(Errno) {
        try set.wait(until: operation.nextLook(before: end))
      } catch {
        throw TransportErrors.cannotConnect(endpoint, error)
      }
      try operation.cancellation.check()
      if operation.deadline.isPassed { throw operation.stopError }
      for (index, socket) in running.enumerated().reversed() where set.isReady(index + 1) {
        guard let error = socket.connectError else { return socket }
        lastError = error
        running.remove(at: index)
      }
      // One that is refused makes room for the next one at once.
      if running.isEmpty { return nil }
    }
    return nil
  }
}
