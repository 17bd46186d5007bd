import AdapterCore
import Platform

/// What of a batch is done, kept in a file so that a later run goes on with the rest.
///
/// The file is only ever appended to. Its first line names the batch by a hash of its target and its
/// first request; each further one is `d LINE HASH` for a request that ended well, `s LINE HASH` for one
/// that was about to be sent and does harm when it is sent twice, and `f LINE HASH` for such a one that
/// failed in a way that leaves no doubt. A line is written behind the result that it stands for, so
/// that a result may come twice after a crash but is never lost. What is written survives the death of
/// nb at once, and that of the machine after a second (fsync(2)).
public final class BatchJournal {
  /// What is known of a request when the batch begins.
  public enum Known {
    case nothing
    case done
    /// An earlier run had sent it, and its end is not known.
    case doubtful
  }

  private enum Entry: UInt64 {
    case none, done, started
  }

  private static let syncInterval = Duration.seconds(1)

  private let path: String
  private let file: FileDescriptor
  private let output: OutputBuffer
  private let target: String
  /// The state and 62 bits of the hash of each line, from 1; 0 for one that is not there.
  private var entries: [UInt64] = []
  private var batch: UInt64?
  private var isChecked = false
  private var lastSync = MonotonicInstant.now
  private var hasUnsynced = false
  /// Requests that are done.
  public private(set) var doneCount = 0

  /// Opens or creates the file, for this process alone.
  ///
  /// Throws `temporary` when another nb has it, `data` for a file that is no such state.
  ///
  /// - Parameter target: what the requests go to, besides what they say.
  public init(path: String, target: String) throws(AdapterError) {
    self.path = path
    self.target = target
    do throws(Errno) {
      file = try FileDescriptor.openForAppending(path, mode: 0o600)
      guard try file.tryLock() else { throw .wouldBlock }
    } catch {
      guard error != .wouldBlock else {
        throw AdapterError(
          .temporary, "another nb works with the state \(path)", hint: "wait for it, or stop it")
      }
      throw AdapterError(error, doing: "open", path: path)
    }
    output = OutputBuffer(descriptor: file.rawValue)
    try load()
  }

  // MARK: Reading

  private func load() throws(AdapterError) {
    let reader = try BatchInput(path: path)
    var number = 0
    var isAtEnd = false
    while !isAtEnd {
      let start = reader.byteCount
      switch try reader.next() {
      case .line(let line) where reader.isLineEnded:
        number += 1
        guard take(line, isFirst: number == 1) else { throw noState(at: number) }
      case .line:
        // nb, or the machine, died while it was written.
        try write { () throws(Errno) in try file.truncate(to: start) }
      case .tooLong: throw noState(at: number + 1)
      case .none, .end: isAtEnd = true
      }
    }
  }

  private func noState(at line: Int) -> AdapterError {
    AdapterError(
      .data, "this is no state of a batch", position: SourcePosition(file: path, line: line),
      hint: "--resume takes a file that it made itself, or one that is not there yet")
  }

  private func take(_ line: BorrowedBytes, isFirst: Bool) -> Bool {
    let words = String(decoding: line, as: UTF8.self).split(separator: " ")
    guard words.count == 3 else { return false }
    if isFirst {
      batch = UInt64(words[2], radix: 16)
      return words[0] == "nb-batch" && words[1] == "1" && batch != nil
    }
    guard let number = Int(words[1]), number > 0, number < 1 << 32,
      let hash = UInt64(words[2], radix: 16)
    else { return false }
    switch words[0] {
    case "d": set(.done, number, hash)
    case "s": set(.started, number, hash)
    case "f": set(.none, number, hash)
    default: return false
    }
    return true
  }

  private func set(_ entry: Entry, _ line: Int, _ hash: UInt64) {
    while entries.count < line { entries.append(0) }
    if entries[line - 1] & 3 == Entry.done.rawValue { doneCount -= 1 }
    if entry == .done { doneCount += 1 }
    entries[line - 1] = entry == .none ? 0 : hash << 2 | entry.rawValue
  }

  /// What the state says of a line of the input.
  ///
  /// Throws `conflict` when the state is that of another batch.
  public func known(_ line: Int, _ hash: UInt64) throws(AdapterError) -> Known {
    if !isChecked {
      isChecked = true
      let own = Self.hash(of: target, hash)
      if batch == nil { output.append("nb-batch 1 \(String(own, radix: 16))\n") }
      guard own == batch ?? own else { throw otherBatch(line) }
    }
    guard line <= entries.count, entries[line - 1] != 0 else { return .nothing }
    let entry = entries[line - 1]
    guard entry >> 2 == hash & (UInt64.max >> 2) else { throw otherBatch(line) }
    return entry & 3 == Entry.done.rawValue ? .done : .doubtful
  }

  private func otherBatch(_ line: Int) -> AdapterError {
    AdapterError(
      .conflict, "the state \(path) belongs to another batch: line \(line) differs",
      hint: "give the input and the target of that run, or another --resume FILE")
  }

  // MARK: Writing

  public func done(_ line: Int, _ hash: UInt64) { append("d", line, hash) }
  /// Before a request is sent that does harm when it is sent twice.
  public func starts(_ line: Int, _ hash: UInt64) { append("s", line, hash) }
  /// Behind `starts`: the request may be sent again.
  public func failed(_ line: Int, _ hash: UInt64) { append("f", line, hash) }

  private func append(_ kind: StaticString, _ line: Int, _ hash: UInt64) {
    output.append(kind)
    output.append(" ")
    output.append(Int64(line))
    output.append(" ")
    output.append(String(hash, radix: 16))
    output.append("\n")
  }

  /// Hands what was noted to the system, and to the disk from time to time.
  public func flush(toDisk: Bool = false) throws(AdapterError) {
    try write { () throws(Errno) in
      if !output.collected.isEmpty {
        try output.flush()
        hasUnsynced = true
      }
      guard hasUnsynced, toDisk || lastSync.advanced(by: Self.syncInterval) <= .now else { return }
      try file.sync()
      hasUnsynced = false
      lastSync = .now
    }
  }

  private func write(_ body: () throws(Errno) -> Void) throws(AdapterError) {
    do throws(Errno) {
      try body()
    } catch {
      throw AdapterError(error, doing: "write", path: path)
    }
  }

  // MARK: Hashes

  /// FNV-1a with 64 bits: it tells inputs apart that were mixed up, not ones that were forged.
  public static func hash(of line: BorrowedBytes) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in line { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return hash
  }

  private static func hash(of target: String, _ line: UInt64) -> UInt64 {
    var target = target
    return target.withUTF8 { hash(of: $0) } ^ line.byteSwapped
  }
}
