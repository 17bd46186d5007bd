import AdapterCore
import Platform

/// A client before another one: answers what a private cache may answer by itself, and keeps what may
/// be kept (RFC 9111).
///
/// The cache never makes a request fail: what cannot be read was not stored, and where nothing can be
/// written it is said once and all goes to the server.
public final class CachingClient: HTTPClient {
  private let inner: any HTTPClient
  let store: CacheStore
  let options: CacheOptions
  let operation: OperationContext
  private let identity: [String]
  private var hasComplained = false

  /// - Parameters:
  ///   - folder: of the cache.
  ///   - identity: what decides, beside the request, what a server gives: how it is reached, and all
  ///     that proves who asks and stands in no field of the request.
  public init(
    _ inner: any HTTPClient, folder: String, _ options: CacheOptions, identity: [String],
    _ operation: OperationContext
  ) {
    self.inner = inner
    self.options = options
    self.identity = identity
    self.operation = operation
    store = CacheStore(folder: folder, maximumBytes: options.maximumBytes)
  }

  public func run(
    _ source: any HTTPExchangeSource, concurrency: Int
  ) throws(AdapterError) {
    try inner.run(CachingSource(source, self), concurrency: concurrency)
  }

  /// Where the response to a request is kept, for this asker.
  func key(for exchange: HTTPExchange) -> CacheKey {
    let request = exchange.request
    var parts = identity
    for field in request.headers.fields where Self.isSecret(field) {
      parts += [field.name.lowercased(), field.value]
    }
    for name in request.omittedFields { parts += ["without", name.lowercased()] }
    if let digest = exchange.digest { parts += ["digest", digest.user, digest.password.reveal()] }
    if let cookies = exchange.cookies?.field(for: request.url) { parts += ["cookies", cookies] }
    return CacheKey(request.url, method: request.method, identity: parts)
  }

  private static func isSecret(_ field: HTTPHeaders.Field) -> Bool {
    field.isNamed("Authorization") || field.isNamed("Cookie") || Secret.isSecretName(field.name)
  }

  /// Says once that the cache cannot be written.
  func complain(_ error: Errno) {
    guard !hasComplained else { return }
    hasComplained = true
    operation.note("nothing is kept in the cache \(store.folder): \(error.message)")
  }
}
