import CClientLoader
import Synchronization

/// A C library that is loaded on first use; without it only what it serves is missing.
public final class ClientLibrary: Sendable {
  public enum State: Equatable, Sendable {
    /// Ready: its version and the file it was loaded from.
    case present(version: String, path: String)
    /// Why it could not be loaded, as dlerror(3) says it.
    case missing(reason: String)
  }

  /// As people call it: "zlib".
  public let name: String
  /// The Debian package that holds it.
  public let package: String
  /// What nb does with it, a few words.
  public let serves: String
  private let client: Client
  private let version: @Sendable () -> String
  /// nil: not tried yet.
  private let state = Mutex<State?>(nil)

  /// `version` is called once the library is loaded.
  public init(
    _ name: String, package: String, serves: String, client: nb_client,
    version: @escaping @Sendable () -> String
  ) {
    self.name = name
    self.package = package
    self.serves = serves
    self.client = Client(functions: client)
    self.version = version
  }

  /// Loads it unless that was done; throws `unavailable` naming the package when it cannot be.
  public func require() throws(AdapterError) {
    guard case .missing(let reason) = load() else { return }
    throw AdapterError(
      .unavailable, "\(name), needed for \(serves), cannot be loaded: \(reason)",
      hint: "install the package \(package): apt install \(package)")
  }

  /// Tries to load it and says how that went; tries once per process.
  public func load() -> State {
    state.withLock { state in
      if let state { return state }
      let result = loadNow()
      state = result
      return result
    }
  }

  private func loadNow() -> State {
    let isLoaded: Bool
    let reason: String
    (isLoaded, reason) = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { buffer in
      buffer.initialize(repeating: 0)
      let status = withUnsafePointer(to: client.functions) {
        nb_client_load($0, buffer.baseAddress, buffer.count)
      }
      return (status != 0, buffer.baseAddress.map { String(cString: $0) } ?? "")
    }
    guard isLoaded else { return .missing(reason: reason) }
    let path = withUnsafePointer(to: client.functions) { nb_client_path($0) }
    return .present(version: version(), path: path.map { String(cString: $0) } ?? "")
  }

  /// The list holds pointers to constants and to slots that only `load` writes, under its lock.
  private struct Client: @unchecked Sendable {
    let functions: nb_client
  }
}
