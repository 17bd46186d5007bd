import Platform

/// Holds requests to a limit of the user's and to the server's own, over all processes of the user.
///
/// Its state is below `$XDG_STATE_HOME/nb/rate`, a file per server and credentials.
public final class RateLimiter: HTTPPacer {
  private let limit: RateLimit?
  /// nil: state is kept within this process alone.
  private let folder: String?
  private let identity: [String]
  private let operation: OperationContext
  private var ledgers: [(key: String, ledger: RateLedger)] = []
  private var pauses: [(key: String, instant: MonotonicInstant)] = []
  /// Of each server and use, the name of the state, which costs a hash.
  private var keys: [(origin: String, use: String, key: String)] = []
  /// When the state that processes share was looked at last.
  private var looks: [(key: String, instant: MonotonicInstant)] = []
  private var lastNote: MonotonicInstant?
  private var hasComplained = false

  /// Servers that are remembered at most, but for pauses: a batch may go to many.
  private static let maximumKnown = 64

  /// A server that asks for a longer pause is not waited for, unless the user or the work gives
  /// more time.
  private static let longestPause = Duration.seconds(300)

  /// How often another process's word of a pause is looked for: a file is opened for it.
  private static let lookInterval = Duration.milliseconds(100)

  /// - Parameters:
  ///   - limit: nil: the server's own limit alone.
  ///   - identity: what tells who asks from others; servers count for each.
  public init(
    _ limit: RateLimit?, folder: String?, identity: [String], _ operation: OperationContext
  ) {
    self.limit = limit
    self.folder = folder
    self.identity = identity
    self.operation = operation
  }

  // MARK: The user's limit

  public func takeTurn(for url: HTTPURL) throws(AdapterError) -> MonotonicInstant {
    let now = MonotonicInstant.now
    guard let limit else { return now }
    let key = key(url, use: "\(limit.count)/\(limit.period.inNanoseconds)")
    guard let turn = try take(key, limit, now) else {
      throw late("the rate limit of \(url.authority)", nil)
    }
    noteWait(until: turn, "the rate limit of \(url.authority)")
    return turn
  }

  /// A turn of the file that processes share; where there can be none, of one of this process's own.
  private func take(
    _ key: String, _ limit: RateLimit, _ now: MonotonicInstant
  ) throws(AdapterError) -> MonotonicInstant? {
    let end = operation.deadline.instant
    do throws(Errno) {
      return try sharedLedger(key, limit).take(now: now, before: end)
    } catch {
      complain(error.message)
    }
    do throws(Errno) {
      ledgers.removeAll { $0.key == key }
      let ledger = RateLedger(try .openUnnamed(in: "/tmp"), limit)
      ledgers.append((key, ledger))
      return try ledger.take(now: now, before: end)
    } catch {
      throw AdapterError(
        error, doing: "keep count of requests in", path: "/tmp",
        hint: "--rate-limit none sends without")
    }
  }

  private func sharedLedger(_ key: String, _ limit: RateLimit) throws(Errno) -> RateLedger {
    if let known = ledgers.first(where: { $0.key == key }) { return known.ledger }
    guard let folder else { throw .noSuchFile }
    try FileSystem.createFolders(folder, mode: 0o700)
    let ledger = RateLedger(try .openShared(folder + "/" + key), limit)
    ledgers.append((key, ledger))
    return ledger
  }

  private func complain(_ reason: String) {
    guard !hasComplained else { return }
    hasComplained = true
    operation.note("the rate limit holds for this process alone: \(reason)")
  }

  // MARK: The server's limit

  public func pause(
    for url: HTTPURL, patience: Duration?
  ) throws(AdapterError) -> MonotonicInstant? {
    let key = key(url, use: "pause")
    let now = MonotonicInstant.now
    lookForPause(key, now)
    guard let instant = pauses.first(where: { $0.key == key })?.instant, instant > now else {
      return nil
    }
    let end =
      operation.deadline.instant
      ?? patience.map { now.advanced(by: max($0, Self.longestPause)) }
    if let end, instant > end {
      throw late("\(url.authority) takes no more requests now", instant)
    }
    noteWait(until: instant, "\(url.authority), which takes no more requests now")
    return instant
  }

  public func learn(from head: HTTPResponseHead, of url: HTTPURL) {
    guard let wait = ServerRateLimit.pause(after: head) else { return }
    let key = key(url, use: "pause")
    let instant = MonotonicInstant.now.advanced(by: wait)
    remember(pause: instant, key)
    guard let folder else { return }
    let line = BootIdentity.bytes + Array(" \(instant.nanoseconds)\n".utf8)
    // Without it the limit holds within this process.
    try? FileSystem.createFolders(folder, mode: 0o700)
    try? SmallFile.replace(folder + "/" + key, with: line, mode: 0o600, isDurable: false)
  }

  private func remember(pause instant: MonotonicInstant, _ key: String) {
    pauses.removeAll { $0.key == key }
    pauses.append((key, instant))
  }

  /// Remembers what another process has learnt, unless that was looked at a moment ago.
  private func lookForPause(_ key: String, _ now: MonotonicInstant) {
    if let last = looks.first(where: { $0.key == key })?.instant,
      now.since(last) < Self.lookInterval
    {
      return
    }
    if looks.count >= Self.maximumKnown { looks.removeAll() }
    looks.removeAll { $0.key == key }
    looks.append((key, now))
    guard let shared = sharedPause(key) else { return }
    let known = pauses.first { $0.key == key }?.instant ?? shared
    remember(pause: max(known, shared), key)
  }

  /// What another process has learnt; a pause that is over is removed.
  private func sharedPause(_ key: String) -> MonotonicInstant? {
    guard let path = folder.map({ $0 + "/" + key }),
      let bytes = (try? SmallFile(reading: path, limit: 256))?.bytes
    else { return nil }
    let words = String(decoding: bytes, as: UTF8.self).split { " \n".contains($0) }
    if words.count == 2, Array(words[0].utf8) == BootIdentity.bytes, let time = Int64(words[1]) {
      let instant = MonotonicInstant(nanoseconds: time)
      if instant > .now { return instant }
    }
    FileSystem.remove(path)
    return nil
  }

  // MARK: Both

  private func key(_ url: HTTPURL, use: String) -> String {
    let origin = url.origin
    if let known = keys.first(where: { $0.origin == origin && $0.use == use }) { return known.key }
    let key = SHA256.name(of: [origin] + identity + [use])
    if keys.count >= Self.maximumKnown { keys.removeAll() }
    keys.append((origin, use, key))
    return key
  }

  /// A person is told of a wait of more than a second, and not at every request.
  private func noteWait(until instant: MonotonicInstant, _ reason: String) {
    let now = MonotonicInstant.now
    let wait = instant.since(now)
    guard wait > .seconds(1), lastNote.map({ now.since($0) > .seconds(10) }) ?? true else { return }
    lastNote = now
    operation.note("waiting \(wait.secondsRoundedUp) s for \(reason)")
  }

  private func late(_ reason: String, _ instant: MonotonicInstant?) -> AdapterError {
    let end = instant.map { (instant) -> String in
      let wait = instant.since(.now).secondsRoundedUp
      let time = UTCTime(secondsSince1970: secondsSince1970() + wait).iso8601
      return "; the next one in \(wait) s, at \(time)"
    }
    return AdapterError(
      .temporary, "no request may be sent before the time is up: \(reason)\(end ?? "")",
      hint: "a --timeout that is long enough waits for it; --rate-limit none sends all the same")
  }
}
