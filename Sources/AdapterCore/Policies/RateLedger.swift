import Platform

/// The turns that were given under a rate limit: the last `count` of them, each in its place of a ring,
/// so that the next one comes a period behind the oldest and no window of that length has more.
///
/// The ring is a file that processes share under a lock. Times are of the monotonic clock, which no
/// one sets; after the machine was started anew a file says nothing. Who dies with a turn has used it.
final class RateLedger {
  private let limit: RateLimit
  private let file: FileDescriptor
  private let mark: [UInt8]
  /// What tells one start of the machine from another; behind it the place of the oldest turn.
  private static let markBytes = 24
  private static let headBytes = 32

  /// Takes an open file as a ledger; an empty one is begun.
  init(_ file: consuming FileDescriptor, _ limit: RateLimit) {
    self.file = file
    self.limit = limit
    let boot = BootIdentity.bytes.prefix(Self.markBytes)
    mark = boot + Array(repeating: 0x20, count: Self.markBytes - boot.count)
  }

  /// Gives the next turn; nil, and none is given, when it comes only behind `end`.
  func take(
    now: MonotonicInstant, before end: MonotonicInstant?
  ) throws(Errno) -> MonotonicInstant? {
    try file.lock()
    defer { file.unlock() }
    let place = try oldestPlace()
    let offset = Self.headBytes + place * 8
    let oldest = try file.integer(at: offset)
    // 0: there were not that many turns yet.
    let earliest = MonotonicInstant(nanoseconds: oldest).advanced(by: limit.spacing)
    let turn = oldest == 0 ? now : max(now, earliest)
    if let end, turn > end { return nil }
    // The turn before its place: a death between the two makes the next one wait, at worst.
    try file.write(turn.nanoseconds, at: offset)
    try file.write(Int64((place + 1) % limit.count), at: Self.markBytes)
    return turn
  }

  /// The place of the oldest turn; a file of another start of the machine is begun anew.
  private func oldestPlace() throws(Errno) -> Int {
    let head = try file.contents(limit: Self.markBytes)
    let place = try file.integer(at: Self.markBytes)
    if head == mark, (0..<Int64(limit.count)).contains(place) { return Int(place) }
    try file.overwrite(with: mark)
    return 0
  }
}
