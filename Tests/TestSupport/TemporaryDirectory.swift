import Foundation

/// A folder of a test's own, removed when the value ends.
public final class TemporaryDirectory: Sendable {
  public let path: String

  public var url: URL { URL(fileURLWithPath: path) }

  public init() throws {
    var template = Array("\(NSTemporaryDirectory())/nb-test-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw POSIXError(.EIO) }
    path = String(cString: made)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The path of a file in it.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Writes a file and returns its path.
  @discardableResult
  public func write(_ text: String, to name: String) throws -> String {
    try write(Data(text.utf8), to: name)
  }

  @discardableResult
  public func write(_ data: Data, to name: String) throws -> String {
    try data.write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  public func read(_ name: String) throws -> String {
    try String(contentsOfFile: file(name), encoding: .utf8)
  }
}

extension TemporaryDirectory {
  public func readData(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: file(name)))
  }

  public func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: file(name)) }
}
