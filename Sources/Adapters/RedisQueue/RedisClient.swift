import AdapterCore
import Platform
import Transport

/// Sends commands to the server that has their key, whatever it takes: finding it by sentinels or a
/// cluster's redirects, connecting anew, waiting for a failover.
final class RedisClient {
  /// How long a server may be away.
  static let budget = Duration.seconds(30)
  private static let policy = Retry.Policy(
    attempts: 30, firstDelay: .milliseconds(50), maximumDelay: .seconds(1), budget: budget)

  let settings: RedisSettings
  let displayName: String
  /// The script's name, the same on every server.
  private(set) var script = ""
  private var connections: [RedisConnection] = []
  private var slots = SlotMap()
  /// Whether the cluster's map is to be asked for.
  private var needsSlots = false
  /// Where the data is, as the sentinels said last.
  private var primary: TransportEndpoint?
  /// Those whose replies were not read, in the order of sending.
  private var airborne: [RedisFlight] = []
  /// Whether a server has answered before: one that refuses now may come back.
  private var wasConnected = false
  /// Whether the last answer that was waited for did not come.
  private(set) var isSilent = false
  /// Of the last exchange, whether something was sent again because its answer was lost.
  private(set) var hasRepeated = false

  init(_ settings: RedisSettings, displayName: String) {
    self.settings = settings
    self.displayName = displayName
  }

  func close() {
    connections = []
    airborne = []
  }

  /// The replies to commands about one key, in order; no reply is an error.
  ///
  /// Throws `temporary` when the connection breaks and `loss` is unknown, or retries ran out; what
  /// the server refuses; `cancelled`, `timeout`.
  ///
  /// - Parameter patience: how long the server may take beyond `read_timeout`.
  func exchange(
    _ commands: [RedisCommand], key: String, loss: RedisFlight.Loss, patience: Duration = .zero,
    _ operation: OperationContext
  ) throws(AdapterError) -> [RedisReply] {
    hasRepeated = false
    let flight = launch(commands, key: key, loss: loss, patience: patience, operation)
    return try land(flight, operation)
  }

  func send(
    _ command: RedisCommand, key: String, loss: RedisFlight.Loss = .repeats,
    patience: Duration = .zero, _ operation: OperationContext
  ) throws(AdapterError) -> RedisReply {
    try exchange([command], key: key, loss: loss, patience: patience, operation)[0]
  }

  // MARK: A round

  /// Sends commands about one key; their replies, and what went wrong, are `land`'s.
  func launch(
    _ commands: [RedisCommand], key: String, loss: RedisFlight.Loss, patience: Duration = .zero,
    _ operation: OperationContext
  ) -> RedisFlight {
    let flight = RedisFlight(commands, slot: SlotMap.slot(of: key), loss: loss, patience: patience)
    do throws(AdapterError) {
      try send(flight, operation)
    } catch {
      flight.fatal = error
    }
    return flight
  }

  /// The replies, in the order of the commands; sends again what can be, until all are there.
  func land(
    _ flight: RedisFlight, _ operation: OperationContext
  ) throws(AdapterError) -> [RedisReply] {
    var schedule: RetrySchedule?
    while true {
      receive(through: flight, operation)
      if let fatal = flight.fatal { throw fatal }
      guard let error = flight.failure else { return flight.finished }
      if flight.isAtOnce {
        flight.isAtOnce = false
      } else {
        var next = schedule ?? RetrySchedule(Self.policy, start: .now)
        let delay = try next.delay(
          after: error, now: .now, deadline: operation.deadline, chance: Double.random(in: 0...1))
        schedule = next
        try operation.sleep(for: delay)
        operation.metrics.recordRetry()
      }
      try send(flight, operation)
    }
  }

  /// Sends what has no reply yet. Leaves `failure` where a further round may help; throws where
  /// none does.
  private func send(
    _ flight: RedisFlight, _ operation: OperationContext
  ) throws(AdapterError) {
    flight.failure = nil
    flight.wasSent = false
    flight.refused = []
    let connection: RedisConnection
    do throws(AdapterError) {
      connection = try self.connection(asked: flight.asked, slot: flight.slot, operation)
    } catch {
      guard wasConnected, error.isRetryable else { throw error }
      slots.forget()
      flight.asked = nil
      flight.failedRounds += 1
      flight.failure = error
      return
    }
    flight.wasSent = true
    flight.isAsking = flight.asked != nil
    flight.asked = nil
    do throws(AdapterError) {
      for index in flight.pending {
        if flight.isAsking {
          try connection.send(RedisCommand("ASKING"), limit: sendLimit, operation)
        }
        try connection.send(flight.commands[index], limit: sendLimit, operation)
      }
    } catch {
      return try lose(flight, connection, error, operation)
    }
    flight.connection = connection
    airborne.append(flight)
  }

  /// Reads the replies of all that was sent up to this flight, without another round; one that is not
  /// under way has none.
  func receive(through flight: RedisFlight, _ operation: OperationContext) {
    guard let last = airborne.firstIndex(where: { $0 === flight }) else { return }
    let landing = airborne[...last]
    airborne.removeFirst(landing.count)
    for each in landing {
      do throws(AdapterError) {
        try receive(each, operation)
      } catch {
        each.fatal = error
      }
    }
  }

  /// Reads all replies before it judges any: the connection stays in step whatever they are.
  private func receive(
    _ flight: RedisFlight, _ operation: OperationContext
  ) throws(AdapterError) {
    guard let connection = flight.connection else { return }
    flight.connection = nil
    let pending = flight.pending
    var refusals: Set<String> = []
    do throws(AdapterError) {
      for index in pending {
        let limit = Deadline.after(settings.readTimeout + flight.patience)
        if flight.isAsking { _ = try connection.receive(limit: limit, operation) }
        let reply = try connection.receive(limit: limit, operation)
        isSilent = false
        if let error = reply.error {
          refusals.insert(error)
          flight.refused.insert(index)
        } else {
          flight.replies[index] = reply
        }
      }
    } catch {
      return try lose(flight, connection, error, operation)
    }
    guard !refusals.isEmpty else { return }
    flight.failedRounds += 1
    for refusal in refusals { flight.failure = try consider(refusal, flight, connection) }
    // The script was lost by SCRIPT FLUSH or a failover.
    if flight.failure?.code == "NOSCRIPT" { drop(connection) }
  }

  /// What follows from a connection that broke with commands under way.
  private func lose(
    _ flight: RedisFlight, _ connection: RedisConnection, _ error: AdapterError,
    _ operation: OperationContext
  ) throws(AdapterError) {
    drop(connection)
    isSilent = connection.isSilent
    try operation.cancellation.check()
    guard error.isRetryable else { throw error }
    guard flight.loss == .repeats else { throw unknownFate(error, flight) }
    hasRepeated = true
    // A connection that was idle may have ended long ago.
    flight.isAtOnce = flight.failedRounds == 0
    flight.failedRounds += 1
    flight.failure = error
  }

  private var sendLimit: Deadline { .after(settings.readTimeout) }

  /// Decides what an error means for the round; throws one that no further round mends.
  private func consider(
    _ text: String, _ flight: RedisFlight, _ connection: RedisConnection
  ) throws(AdapterError) -> AdapterError {
    if let redirect = RedisRedirect(text, from: connection.endpoint) {
      return follow(redirect, flight, connection)
    }
    if text.hasPrefix("NOSCRIPT") {
      flight.isAtOnce = flight.failedRounds < 5
      return AdapterError(
        .temporary, "\(displayName): \(text)", code: "NOSCRIPT", isRetryable: true)
    }
    let error = RedisErrors.make(text, connection.endpoint.displayName)
    guard error.isRetryable else { throw error }
    // Whoever was the primary is so no more.
    if error.code == "READONLY" || error.code == "MASTERDOWN" || error.code == "CLUSTERDOWN" {
      drop(connection)
    }
    return error
  }

  private func follow(
    _ redirect: RedisRedirect, _ flight: RedisFlight, _ connection: RedisConnection
  ) -> AdapterError {
    flight.isAtOnce = flight.failedRounds < 5
    if redirect.isForGood {
      needsSlots = true
      slots.move(redirect.slot, to: redirect.node)
    } else {
      flight.asked = redirect.node
    }
    return AdapterError(
      .temporary, "\(displayName): the cluster keeps sending the queue elsewhere",
      isRetryable: true)
  }

  private func unknownFate(_ error: AdapterError, _ flight: RedisFlight) -> AdapterError {
    var error = error
    error.isRetryable = false
    let answered = flight.replies.count { $0 != nil }
    error.message += "; what became of \(answered == 0 ? "it" : "the rest") cannot be known"
    return error
  }

  // MARK: Connections

  private func drop(_ connection: RedisConnection) {
    connections.removeAll { $0 === connection }
    if primary == connection.endpoint { primary = nil }
    slots.forget()
  }

  private func connection(
    asked: TransportEndpoint?, slot: Int, _ operation: OperationContext
  ) throws(AdapterError) -> RedisConnection {
    if let asked { return try connection(to: [asked], operation) }
    if let node = slots.node(of: slot) {
      let connection = try connection(to: [node], operation)
      try learnSlots(over: connection, operation)
      return connection
    }
    switch settings.topology {
    case .direct(let endpoints):
      let connection = try connection(to: endpoints + slots.nodes, operation)
      try learnSlots(over: connection, operation)
      return connection
    case .sentinels(let sentinels, let name):
      let endpoint: TransportEndpoint
      if let primary {
        endpoint = primary
      } else {
        endpoint = try Sentinels(sentinels, name, settings).primary(operation)
        // The one that they name may have died just now.
        wasConnected = true
      }
      let connection = try connection(to: [endpoint], operation)
      primary = endpoint
      return connection
    }
  }

  private func isAwaited(_ connection: RedisConnection) -> Bool {
    airborne.contains { $0.connection === connection }
  }

  /// Asks for the cluster's whole map after a redirect (CLUSTER SLOTS).
  private func learnSlots(
    over connection: RedisConnection, _ operation: OperationContext
  ) throws(AdapterError) {
    // Its answer would stand behind those to others.
    guard needsSlots, !isAwaited(connection) else { return }
    needsSlots = false
    do throws(AdapterError) {
      let reply = try connection.exchange(
        [RedisCommand("CLUSTER", "SLOTS")], limit: sendLimit, operation)[0]
      if reply.error == nil { slots.replace(with: reply, from: connection.endpoint) }
    } catch {
      drop(connection)
      throw error
    }
  }

  /// The first of these servers that there is a connection to, or that one can be made to.
  private func connection(
    to endpoints: [TransportEndpoint], _ operation: OperationContext
  ) throws(AdapterError) -> RedisConnection {
    for endpoint in endpoints {
      guard let known = connections.first(where: { $0.endpoint == endpoint }) else { continue }
      if isAwaited(known) || !known.hasEnded(operation) { return known }
      drop(known)
    }
    var failure: AdapterError?
    for endpoint in endpoints {
      do throws(AdapterError) {
        let connection = try RedisConnection(endpoint, settings.transport, operation)
        try begin(connection, operation)
        connections.append(connection)
        script = connection.script
        wasConnected = true
        return connection
      } catch {
        guard error.isRetryable else { throw error }
        failure = failure ?? error
      }
    }
    throw failure ?? AdapterError(.unavailable, "\(displayName) names no server")
  }

  private func begin(
    _ connection: RedisConnection, _ operation: OperationContext
  ) throws(AdapterError) {
    do throws(AdapterError) {
      try connection.begin(settings, limit: sendLimit, operation)
    } catch {
      var error = error
      // A server of TLS hangs up on who does not begin with it.
      if error.kind == .temporary, error.hint == nil, settings.transport.tls == nil {
        error.hint = "does this port speak TLS? Write rediss:"
      }
      throw error
    }
  }

  /// Connects to the server that is found first.
  func connect(_ operation: OperationContext) throws(AdapterError) {
    _ = try connection(asked: nil, slot: 0, operation)
  }
}
