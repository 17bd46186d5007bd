import AdapterCore
import JSON
import Platform

/// Records all exchanges of a client in a file: `--har`. Each attempt and each hop of redirects is an
/// entry, and so is what a cache answers.
public final class HARRecorder {
  private let settings: HARSettings
  private let file: HARFile

  /// Throws what creating the file throws.
  public init(_ settings: HARSettings) throws(AdapterError) {
    self.settings = settings
    file = try HARFile(settings)
  }

  /// A client that does as another one does, and is recorded.
  public func client(recording inner: any HTTPClient) -> any HTTPClient {
    RecordedClient(inner, self)
  }

  /// Completes the file. Throws `io` when it could not be written.
  public func finish() throws(AdapterError) { try file.finish() }

  func add(_ entry: HAREntry) {
    file.append(entry.document(HARRedaction(showsSecrets: settings.showsSecrets)))
  }
}

private final class RecordedClient: HTTPClient {
  private let inner: any HTTPClient
  private let recorder: HARRecorder

  init(_ inner: any HTTPClient, _ recorder: HARRecorder) {
    self.inner = inner
    self.recorder = recorder
  }

  func run(_ source: any HTTPExchangeSource, concurrency: Int) throws(AdapterError) {
    let recorded = RecordedSource(source, recorder)
    do throws(AdapterError) {
      try inner.run(recorded, concurrency: concurrency)
    } catch {
      recorded.abandon(error)
      throw error
    }
  }
}

private final class RecordedSource: HTTPExchangeSource {
  private let inner: any HTTPExchangeSource
  private let recorder: HARRecorder
  private var taps: [HARTap] = []

  init(_ inner: any HTTPExchangeSource, _ recorder: HARRecorder) {
    self.inner = inner
    self.recorder = recorder
  }

  func next() throws(AdapterError) -> HTTPNextExchange {
    let next = try inner.next()
    guard case .exchange(let exchange) = next else { return next }
    let tap = HARTap(exchange, recorder)
    taps.append(tap)
    return .exchange(tap.sent)
  }

  func clientWaits() throws(AdapterError) { try inner.clientWaits() }

  func completed(
    _ exchange: HTTPExchange, _ result: Result<HTTPResult, AdapterError>
  ) throws(AdapterError) {
    guard let index = taps.firstIndex(where: { $0.sent === exchange }) else {
      return try inner.completed(exchange, result)
    }
    let tap = taps.remove(at: index)
    tap.finish(result)
    try inner.completed(tap.exchange, result)
  }

  /// Exchanges that never ended are recorded as far as they came.
  func abandon(_ error: AdapterError) {
    for tap in taps { tap.finish(.failure(error)) }
    taps = []
  }
}
