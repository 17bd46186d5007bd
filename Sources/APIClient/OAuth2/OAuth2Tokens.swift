import AdapterCore
import Platform

/// The token of one client: fetched when it is first needed, kept on the disk until shortly before its
/// end, and fetched by one process while the others wait for it.
public final class OAuth2Tokens {
  private let settings: OAuth2Settings
  /// nil: tokens are kept within this process alone.
  private let folder: String?
  private let operation: OperationContext
  private let openClient: () throws(AdapterError) -> any HTTPClient
  private var current: OAuth2Token?

  /// - Parameters:
  ///   - folder: for tokens, mode 0700.
  ///   - openClient: the client to ask with: one of its own, since the one that sends requests is busy
  ///     when it is told to.
  public init(
    _ settings: OAuth2Settings, folder: String?, _ operation: OperationContext,
    openClient: @escaping () throws(AdapterError) -> any HTTPClient
  ) {
    self.settings = settings
    self.folder = folder
    self.operation = operation
    self.openClient = openClient
  }

  /// A token that is good now.
  ///
  /// Throws `denied` when the endpoint refuses, and what the way to it throws.
  public func token() throws(AdapterError) -> Secret {
    if let current, current.isGood(now: secondsSince1970()) { return current.text }
    return try renew(unlike: nil).text
  }

  /// Gets another token than the present one, which a server has refused.
  public func renew() throws(AdapterError) -> Bool {
    guard let refused = current else { return false }
    return try renew(unlike: refused).text != refused.text
  }

  private func renew(unlike refused: OAuth2Token?) throws(AdapterError) -> OAuth2Token {
    if let known = load(unlike: refused) { return known }
    let lock = try takeLock()
    // Another process may have fetched one while this one waited.
    if let known = load(unlike: refused) { return known }
    let token = try fetch()
    current = token
    save(token)
    _ = consume lock
    return token
  }

  // MARK: The disk

  private var path: String? {
    folder.map { $0 + "/" + SHA256.name(of: settings.identity) }
  }

  private func load(unlike refused: OAuth2Token?) -> OAuth2Token? {
    guard let path, let file = try? SmallFile(reading: path, limit: 1 << 20),
      let token = OAuth2Token(stored: file.bytes), token.isGood(now: secondsSince1970()),
      token.text != refused?.text
    else { return nil }
    current = token
    return token
  }

  private func save(_ token: OAuth2Token) {
    guard let path else { return }
    do throws(Errno) {
      try SmallFile.replace(path, with: token.stored, mode: 0o600, isDurable: false)
    } catch {
      operation.note("the token is not kept in \(path): \(error.message)")
    }
  }

  /// Waits until no other process fetches this token; nil where there can be no lock.
  private func takeLock() throws(AdapterError) -> FileDescriptor? {
    guard let folder, let path, (try? FileSystem.createFolders(folder, mode: 0o700)) != nil,
      let file = try? FileDescriptor.openShared(path + ".lock")
    else { return nil }
    while true {
      guard let isLocked = try? file.tryLock() else { return nil }
      if isLocked { return file }
      try operation.sleep(for: .milliseconds(20))
    }
  }

  // MARK: The endpoint

  private func fetch() throws(AdapterError) -> OAuth2Token {
    let client = try openClient()
    return try Retry(Retry.Policy(firstDelay: .milliseconds(200)), operation).run {
      () throws(AdapterError) in
      let content = CollectedContent(limit: 1 << 20)
      let exchange = HTTPExchange(settings.makeRequest(), into: content, retry: .never)
      let result = try client.send(exchange)
      guard result.head.status == 200 else { throw refusal(result.head, content.bytes) }
      return try OAuth2Token(
        answer: content.bytes, from: settings.tokenURL, now: secondsSince1970())
    }
  }

  private func refusal(_ head: HTTPResponseHead, _ content: [UInt8]) -> AdapterError {
    let refusal = OAuth2Refusal(content)
    let status = "the token endpoint \(settings.tokenURL) answers \(head.status)"
    if [408, 425, 429].contains(head.status) || head.status >= 500 {
      var error = AdapterError(
        .temporary, status, code: "HTTP \(head.status)", isRetryable: true)
      error.retryAfter = head.headers["Retry-After"].flatMap { Int($0) }.map { .seconds($0) }
      return error
    }
    let isRedirect = (300..<400).contains(head.status)
    return AdapterError(
      isRedirect ? .config : .denied, status + (refusal.map { ": \($0.message)" } ?? ""),
      code: refusal?.code ?? "HTTP \(head.status)",
      hint: isRedirect
        ? "write the URL that it redirects to as auth.token_url"
        : refusal?.hint ?? "are auth.token_url, auth.client_id and auth.client_secret right?")
  }
}
