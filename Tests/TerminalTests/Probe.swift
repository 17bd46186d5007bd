import TestSupport

/// Runs nb-terminal-probe on a pseudo-terminal.
enum Probe {
  static let path = NB.product("nb-terminal-probe")

  static func start(
    _ scene: String, seconds: Double = 1, _ environment: [String: String] = [:],
    columns: Int = 80, rows: Int = 24
  ) throws -> PtyProcess {
    try PtyProcess(
      [path, scene, String(seconds)], environment: environment, columns: columns, rows: rows)
  }

  /// Runs a shell line in which `$PROBE` is the probe's path.
  static func shell(
    _ line: String, _ environment: [String: String] = [:]
  ) throws -> PtyProcess {
    try PtyProcess(
      ["/bin/sh", "-c", line], environment: environment.merging(["PROBE": path]) { $1 })
  }
}
