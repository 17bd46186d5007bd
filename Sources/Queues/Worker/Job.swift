import AdapterCore
import Platform

/// The work of one message: a program that runs.
final class Job {
  /// Why the program is being ended by nb.
  enum Ending: Equatable {
    /// It took longer than it may.
    case timedOut
    /// The message is somebody else's by now.
    case leaseLost
    /// nb itself has to end.
    case shutDown
  }

  /// After SIGTERM, SIGKILL.
  private static let patience = Duration.seconds(5)
  private static let replyBytes = 64 << 20
  /// Bytes of stderr that are kept.
  private static let tailBytes = 4096

  let delivery: Delivery
  let process: ChildProcess
  let end: ProcessEnd
  private let errors: FileDescriptor
  /// What it prints on stdout, if that is to be a reply.
  private let printed: MemoryFile?
  /// Kills the group when nb dies.
  private let deathSlot: Int32
  private var tail: [UInt8] = []
  /// Whether there is no more to come.
  private(set) var hasClosedErrors = false
  /// When it is to be ended, or killed if it is being ended.
  private(set) var deadline: MonotonicInstant?
  private(set) var ending: Ending?

  /// Starts the program: the body is its stdin, what else is known of the message its descriptor 3.
  ///
  /// Throws what starting it reports (posix_spawn(3)).
  init(_ delivery: Delivery, _ options: WorkerOptions) throws(Errno) {
    self.delivery = delivery
    deadline = options.jobTimeout.map { MonotonicInstant.now.advanced(by: $0) }
    let description = JobDescription(delivery, options)
    let body = try MemoryFile(delivery.message.body, name: "nb message")
    let metadata = try MemoryFile(description.json, name: "nb metadata")
    let pipe = try openPipe()
    errors = FileDescriptor(owning: pipe.reader)
    let writer = FileDescriptor(owning: pipe.writer)
    var output = ChildProcess.Stream.inherited
    if options.replies, delivery.message.replyQueue != nil {
      let file = try MemoryFile([], name: "nb reply")
      output = .descriptor(file.rawValue)
      printed = consume file
    } else {
      printed = nil
    }
    process = try ChildProcess(
      options.command, input: .descriptor(body.rawValue), output: output,
      errors: .descriptor(writer.rawValue), further: metadata.rawValue,
      variables: description.variables, ownGroup: true)
    deathSlot = process.killOnDeath()
    end = try Self.watch(process)
  }

  /// A program that cannot be watched must not go on unseen.
  private static func watch(_ process: ChildProcess) throws(Errno) -> ProcessEnd {
    do throws(Errno) {
      return try ProcessEnd(of: process.identifier)
    } catch {
      process.send(signal: SignalNumber.kill)
      _ = try process.wait()
      throw error
    }
  }

  deinit { ChildProcess.spareOnDeath(deathSlot) }

  /// What to poll for what it prints on stderr.
  var errorsDescriptor: Int32 { errors.rawValue }

  /// Reads some of what it has printed on stderr, no more than can be written without a wait, and
  /// writes it; keeps the end of it. Returns how many bytes were read.
  ///
  /// - Parameter output: -1: nowhere.
  func readErrors(to output: Int32) -> Int {
    withUnsafeTemporaryAllocation(byteCount: Self.tailBytes, alignment: 1) { buffer in
      // The pipe does not block: it may be empty without having ended.
      guard let count = try? readSome(from: errors.rawValue, into: buffer) else { return 0 }
      hasClosedErrors = count == 0
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if output >= 0 { try? writeAll(bytes, to: output) }
      tail += bytes
      if tail.count > Self.tailBytes { tail.removeFirst(tail.count - Self.tailBytes) }
      return count
    }
  }

  /// Reads the rest of it; returns how many bytes could not be written, since nobody takes them.
  func readRest(to output: Int32) -> Int {
    var lost = 0
    while !hasClosedErrors {
      let canWrite = isWritableNow(output)
      let count = readErrors(to: canWrite ? output : -1)
      if count == 0 { break }
      if !canWrite { lost += count }
    }
    return lost
  }

  /// What it printed on stdout as the reply to its message; nil when none is asked for.
  func reply() throws(Errno) -> Message? {
    guard printed != nil else { return nil }
    let bytes = try printed?.contents(limit: Self.replyBytes) ?? []
    return delivery.message.reply(bytes)
  }

  /// What it printed last, as text; nil when it printed nothing.
  var output: String? { tail.isEmpty ? nil : String(decoding: tail, as: UTF8.self) }

  /// Asks the program and all that it started to end, and kills them when they don't.
  func stop(_ reason: Ending) {
    guard ending == nil else { return }
    ending = reason
    process.send(signal: SignalNumber.terminate)
    deadline = MonotonicInstant.now.advanced(by: Self.patience)
  }

  /// Called when the deadline has passed.
  func deadlinePassed() {
    if ending == nil {
      stop(.timedOut)
    } else {
      process.send(signal: SignalNumber.kill)
      deadline = nil
    }
  }
}
