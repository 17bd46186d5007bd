import AdapterCore
import CLI
import Formats
import Platform
import Queues

/// `nb queue record`: keeps what is published in a file.
enum RecordCommand: Command {
  struct Options {
    var place: QueuePlace
    var file: String
    var count: Int?
    var duration: Duration?
    var appends: Bool
  }

  static let append = FlagSpec(
    "append", summary: "Add to a file that is there",
    details: "A last record that is incomplete, since nb or the machine died, is cut off.")

  static let spec = CommandSpec(
    path: ["queue", "record"], summary: "Keep what is published from now on in a file",
    description: [
      """
      Writes the NDJSON that tap prints and nb queue replay publishes again; a message is on the disk \
      before the broker is told that it was had. Consumers get every message all the same. Ends by \
      --count, --for, SIGTERM, which is status 0, or Ctrl-C; the file is whole in any case.
      """
    ],
    arguments: [
      QueueFlags.target, QueueFlags.queue,
      ArgumentSpec("FILE", completion: .file([]), summary: "Made; may be there with --append"),
    ],
    flags: [TapCommand.count, TapCommand.duration, append],
    examples: [
      Example("nb queue record jobs.db mail traffic.ndjson --for 10m", "Keep it for a test"),
      Example("nb queue record @jobs mail audit.ndjson --append", "As a service that is restarted"),
    ],
    exitStatuses: [
      ExitStatusNote(66, "No such queue"), ExitStatusNote(73, "The file is there"),
      ExitStatusNote(75, "The disk was too slow, and messages were missed"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      place: try QueuePlace(invocation, context), file: invocation.argument(2) ?? "",
      count: try invocation.int(TapCommand.count, in: 1...Int.max),
      duration: try invocation.duration(TapCommand.duration), appends: invocation.isSet(append))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let recording = try Recording(options.file, appends: options.appends)
    do throws(AdapterError) {
      try Tapping(options.place, count: options.count, duration: options.duration).run(context) {
        deliveries throws(AdapterError) in
        try recording.keep(deliveries)
        context.operation.metrics.add(rows: deliveries.count)
      }
    } catch {
      recording.removeIfUnused()
      guard error.kind == .cancelled else { throw error }
    }
    if context.terminal.isTerminal(.errors) {
      context.operation.note("\(counted(recording.count, "message")) kept in \(options.file)")
    }
    try context.operation.checkUnlessTerminated()
    if context.operation.deadline.isPassed { throw context.operation.stopError }
  }
}

/// A file of messages.
private final class Recording {
  private let path: String
  private let file: FileDescriptor
  private let output: OutputBuffer
  private let sink: any RowSink
  /// Whether it was not there before.
  private let isNew: Bool
  private(set) var count = 0

  /// Throws `conflict` for a file that is there and is not to be added to.
  init(_ path: String, appends: Bool) throws(AdapterError) {
    self.path = path
    isNew = !FileSystem.exists(path)
    do throws(Errno) {
      file =
        appends
        ? try .openForAppending(path, mode: 0o600)
        : try .create(path, mode: 0o600, exclusive: true)
      if appends { try file.cutIncompleteLine() }
    } catch {
      guard error != .alreadyExists else {
        throw AdapterError(
          .conflict, "\(path) is there already", hint: "add to it with --append, or name another")
      }
      throw AdapterError(error, doing: "open", path: path)
    }
    output = OutputBuffer(descriptor: file.rawValue)
    sink = OutputFormat.ndjson.makeRenderer(output, options: RenderOptions())
    try sink.begin(columns: MessageRecord.columns())
  }

  /// Writes messages; they are on the disk when it returns.
  func keep(_ deliveries: [Delivery]) throws(AdapterError) {
    for delivery in deliveries {
      MessageRecord.push(delivery, to: sink)
      try sink.endRow()
    }
    do throws(Errno) {
      try output.flush()
      try file.sync()
    } catch {
      throw AdapterError(error, doing: "write", path: path)
    }
    count += deliveries.count
  }

  func removeIfUnused() {
    if isNew, count == 0 { FileSystem.remove(path) }
  }
}

extension FileDescriptor {
  /// Cuts off what stands behind the last line feed.
  fileprivate func cutIncompleteLine() throws(Errno) {
    let block = 64 << 10
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: block, alignment: 1)
    defer { buffer.deallocate() }
    var end = try FileStatus(descriptor: rawValue).size
    while end > 0 {
      let start = max(0, end - block)
      let count = try read(
        at: start, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<(end - start)]))
      if let last = buffer[..<count].lastIndex(of: 0x0A) {
        return try truncate(to: start + last + 1)
      }
      end = start
    }
    try truncate(to: 0)
  }
}
