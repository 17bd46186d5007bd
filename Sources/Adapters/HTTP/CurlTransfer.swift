import AdapterCore
import CCurl
import Platform

/// One request on its way: an attempt of an exchange, or a hop of its redirects.
///
/// The head is looked at when the content begins or the transfer ends, not before: libcurl answers a
/// challenge of digest authentication by itself, and the head of that response counts for nothing.
final class CurlTransfer {
  /// What becomes of the response.
  enum Disposition {
    case undecided
    /// It is the exchange's.
    case deliver
    /// Its content is read over: another request follows.
    case redirect(HTTPRequest)
    case retry(after: Duration)
  }

  /// Content of a response that does not count is read over up to here, so that its connection can be
  /// used again.
  private static let toleratedBytes = 256 * 1024
  /// All header fields together.
  private static let maximumHeadBytes = 1024 * 1024

  let job: HTTPJob
  let handle: CurlHandle
  /// Its place among those under way.
  var index = 0
  private var headParser = HTTPHeadParser()
  private var disposition = Disposition.undecided
  /// What a callback met; libcurl reports it as its own failure.
  private(set) var failure: AdapterError?
  /// Whether the rest of a response that does not count was left.
  private(set) var isCutShort = false
  private var skippedBytes = 0

  init(_ job: HTTPJob, _ handle: CurlHandle) {
    self.job = job
    self.handle = handle
  }

  /// What is to become of the response, known once it has ended well.
  func finalDisposition() throws(AdapterError) -> Disposition {
    try decide()
    return disposition
  }

  var head: HTTPResponseHead? { headParser.head }

  private func decide() throws(AdapterError) {
    guard case .undecided = disposition else { return }
    guard let head = headParser.head else {
      throw AdapterError(
        .protocolViolation, "\(job.request.url) answered without a status line",
        hint: "is it an HTTP server? Try https: for http:, or the other way round")
    }
    job.exchange.observer?.receives(
      head, for: job.request, CurlMeasures.connection(of: handle))
    disposition = try job.disposition(of: head)
    if case .deliver = disposition { try job.begin(head) }
  }

  // MARK: Callbacks

  /// A header line, its line break included; false ends the transfer.
  func take(header line: BorrowedBytes) -> Bool {
    guard headParser.byteCount + line.count <= Self.maximumHeadBytes else {
      failure = AdapterError(
        .protocolViolation, "\(job.request.url) sends more than 1 MiB of header fields")
      return false
    }
    headParser.take(line)
    return true
  }

  func take(content bytes: BorrowedBytes) -> Bool {
    do throws(AdapterError) {
      try decide()
      if case .deliver = disposition {
        try job.write(bytes)
        return true
      }
    } catch {
      failure = error
      return false
    }
    skippedBytes += bytes.count
    isCutShort = skippedBytes > Self.toleratedBytes
    return !isCutShort
  }

  /// Bytes of the request's content; nil when they cannot be read.
  func giveContent(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
    do throws(AdapterError) {
      return try job.request.body?.read(into: buffer) ?? 0
    } catch {
      failure = error
      return nil
    }
  }

  /// libcurl sends the content once more.
  func rewindContent() -> Bool {
    do throws(AdapterError) {
      try job.request.body?.rewind()
      return true
    } catch {
      failure = error
      return false
    }
  }
}
