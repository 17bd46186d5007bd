import Foundation

/// Runs the nb executable that stands beside the test bundle.
public enum NB {
  public struct Result: Sendable {
    public var status: Int32
    /// The signal that ended it; 0 when it exited.
    public var signal: Int32
    public var stdout: Data
    public var stderr: Data

    /// stdout as text.
    public var output: String { String(decoding: stdout, as: UTF8.self) }
    /// stderr as text.
    public var errors: String { String(decoding: stderr, as: UTF8.self) }
  }

  /// The executable's path.
  public static let path: String =
    ProcessInfo.processInfo.environment["NB_TEST_EXECUTABLE"] ?? product("nb")

  /// The path of an executable of this package.
  public static func product(_ name: String) -> String {
    // The test runner's own executable lies in the build folder's products directory.
    let runner = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    return productsDirectory(from: runner).appendingPathComponent(name).path
  }

  private static func productsDirectory(from runner: URL) -> URL {
    // `swift test` runs <products>/nbPackageTests.xctest, or a helper that is given its path.
    for argument in CommandLine.arguments where argument.hasSuffix(".xctest") {
      return URL(fileURLWithPath: argument).deletingLastPathComponent()
    }
    return runner.deletingLastPathComponent()
  }

  /// Runs `nb arguments…`, or another executable beside it, to its end.
  ///
  /// The environment holds only what is given, PATH, and a HOME and XDG folders of its own, so that no
  /// configuration of the machine shows through.
  public static func run(
    _ arguments: [String], input: Data = Data(), executable: String = path,
    environment: [String: String] = [:], in directory: TemporaryDirectory? = nil
  ) throws -> Result {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    let home = if let directory { directory } else { try TemporaryDirectory() }
    process.currentDirectoryURL = home.url
    process.environment = NB.environment(home: home).merging(environment) { $1 }
    let stdin = Pipe()
    let stdout = Pipe()
    let stderr = Pipe()
    process.standardInput = stdin
    process.standardOutput = stdout
    process.standardError = stderr
    try process.run()
    let group = DispatchGroup()
    let collected = Collected()
    DispatchQueue.global().async(group: group) {
      // EPIPE is a legitimate end: nb may not read all of its input.
      signal(SIGPIPE, SIG_IGN)
      try? stdin.fileHandleForWriting.write(contentsOf: input)
      try? stdin.fileHandleForWriting.close()
    }
    DispatchQueue.global().async(group: group) {
      collected.stderr = stderr.fileHandleForReading.readDataToEndOfFile()
    }
    collected.stdout = stdout.fileHandleForReading.readDataToEndOfFile()
    group.wait()
    process.waitUntilExit()
    let bySignal = process.terminationReason == .uncaughtSignal
    return Result(
      status: bySignal ? -1 : process.terminationStatus,
      signal: bySignal ? process.terminationStatus : 0, stdout: collected.stdout,
      stderr: collected.stderr)
  }

  /// The environment of a test run.
  public static func environment(home: TemporaryDirectory) -> [String: String] {
    [
      "PATH": "/usr/bin:/bin", "HOME": home.path, "XDG_CONFIG_HOME": home.path + "/.config",
      "XDG_STATE_HOME": home.path + "/.state", "XDG_CACHE_HOME": home.path + "/.cache",
      "LC_ALL": "C.UTF-8", "TZ": "UTC",
    ]
  }

  private final class Collected: @unchecked Sendable {
    var stdout = Data()
    var stderr = Data()
  }
}
