import Foundation

/// Test data made by others that stands beside the repository, not in it.
public enum Conformance {
  /// The folder of a suite: in `$NB_CONFORMANCE`, or in ../shared/conformance; nil when absent.
  public static func directory(_ suite: String) -> URL? {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let beside = root.deletingLastPathComponent().appendingPathComponent("shared/conformance")
    let folder =
      ProcessInfo.processInfo.environment["NB_CONFORMANCE"].map { URL(fileURLWithPath: $0) }
      ?? beside
    let directory = folder.appendingPathComponent(suite)
    return FileManager.default.fileExists(atPath: directory.path) ? directory : nil
  }

  /// The names of the files of a folder, sorted; none when it is absent.
  public static func fileNames(_ directory: URL?) -> [String] {
    guard let directory else { return [] }
    return ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []).sorted()
  }
}
