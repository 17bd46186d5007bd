import Foundation

extension NB {
  /// Starts `nb arguments…` and lets it run.
  public static func start(
    _ arguments: [String], environment: [String: String] = [:], in directory: TemporaryDirectory
  ) throws -> RunningNB {
    try RunningNB(arguments, environment: environment, in: directory)
  }
}

/// An nb that runs beside the test, with its stdin held open.
public final class RunningNB: @unchecked Sendable {
  public enum Failure: Error {
    case timedOut(output: String, errors: String)
  }

  private let process = Process()
  private let stdin = Pipe()
  private let lock = NSLock()
  private var collectedOutput = Data()
  private var collectedErrors = Data()
  private let readers = DispatchGroup()

  init(
    _ arguments: [String], environment: [String: String], in directory: TemporaryDirectory
  ) throws {
    signal(SIGPIPE, SIG_IGN)
    process.executableURL = URL(fileURLWithPath: NB.path)
    process.arguments = arguments
    process.currentDirectoryURL = directory.url
    process.environment = NB.environment(home: directory).merging(environment) { $1 }
    let stdout = Pipe()
    let stderr = Pipe()
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stderr
    try process.run()
    collect(stdout.fileHandleForReading) { $0.collectedOutput.append($1) }
    collect(stderr.fileHandleForReading) { $0.collectedErrors.append($1) }
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  private func collect(
    _ file: FileHandle, append: @escaping @Sendable (RunningNB, Data) -> Void
  ) {
    readers.enter()
    Thread.detachNewThread { [self] in
      while case let chunk = file.availableData, !chunk.isEmpty {
        lock.withLock { append(self, chunk) }
      }
      // Foundation keeps what a detached thread has captured.
      try? file.close()
      readers.leave()
    }
  }

  public var processIdentifier: Int32 { process.processIdentifier }
  public var output: String { lock.withLock { String(decoding: collectedOutput, as: UTF8.self) } }
  public var errors: String { lock.withLock { String(decoding: collectedErrors, as: UTF8.self) } }
  public var isRunning: Bool { process.isRunning }

  public func write(_ text: String) throws {
    try stdin.fileHandleForWriting.write(contentsOf: Data(text.utf8))
  }

  public func closeInput() throws { try stdin.fileHandleForWriting.close() }

  public func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

  /// Polls until `condition` holds; throws after `seconds`.
  public func wait(seconds: Double = 30, until condition: () -> Bool) throws {
    let end = Date().addingTimeInterval(seconds)
    while !condition() {
      if Date() > end { throw Failure.timedOut(output: output, errors: errors) }
      usleep(5000)
    }
  }

  /// Waits until stdout holds `text`.
  public func waitForOutput(_ text: String) throws {
    try wait { output.contains(text) }
  }

  /// Waits until it has used a tenth of a second of processor time.
  public func waitUntilBusy() throws {
    let path = "/proc/\(process.processIdentifier)/stat"
    try wait {
      guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return false }
      // The name in parentheses may hold spaces; utime is the 12th field behind it.
      let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ")
      return fields.count > 12 && (Int(fields[12]) ?? 0) >= 10
    }
  }

  /// Closes stdin and waits for the end; throws after `seconds`.
  @discardableResult
  public func finish(within seconds: Double = 30) throws -> NB.Result {
    try? stdin.fileHandleForWriting.close()
    try wait(seconds: seconds) { !process.isRunning }
    readers.wait()
    let bySignal = process.terminationReason == .uncaughtSignal
    return NB.Result(
      status: bySignal ? -1 : process.terminationStatus,
      signal: bySignal ? process.terminationStatus : 0, stdout: collectedOutput,
      stderr: collectedErrors)
  }
}

extension NB {
  /// Runs a bash script in `directory`, with nb on its PATH.
  public static func shell(
    _ script: String, environment: [String: String] = [:], in directory: TemporaryDirectory
  ) throws -> Result {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    return try run(
      ["-c", script], executable: "/bin/bash",
      environment: ["PATH": folder + ":/usr/bin:/bin"].merging(environment) { $1 }, in: directory)
  }
}
