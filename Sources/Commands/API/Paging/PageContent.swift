import APIClient
import AdapterCore
import JSON
import Platform

/// The content of a page on its way to the records.
///
/// Up to a size it is kept until all of it has arrived, so that a page that breaks off can be asked for
/// once more without a record twice; a larger one goes on as it comes.
final class PageContent: HTTPResponseSink {
  private static let heldBytes = 4 << 20

  private final class Pointer: SelectReader.Receiver {
    /// Whether the value goes into content, where any JSON may stand.
    private let isJSON: Bool
    var text: String?
    var isOdd = false

    init(isJSON: Bool) { self.isJSON = isJSON }

    func take(_ value: BorrowedBytes?) {
      guard let value, let first = value.first else { return }
      // The elements of an array: none of them is the cursor.
      if isJSON, text != nil { isOdd = true }
      switch first {
      case UInt8(ascii: "\""):
        guard let string = (try? JSONParser.parse(value))?.string, !string.isEmpty else { return }
        text = isJSON ? String(decoding: value, as: UTF8.self) : string
      case UInt8(ascii: "f"): break
      case _ where isJSON: text = String(decoding: value, as: UTF8.self)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        text = String(decoding: value, as: UTF8.self)
      default: isOdd = true
      }
    }
  }

  private let output: RecordsPrinter
  private let options: APIRequestOptions
  private let pointer: Pointer
  private let pointerReader: SelectReader?
  private let held = OutputBuffer.inMemory()
  private var head: HTTPResponseHead?
  private var request: HTTPRequest?
  private var isRefusal = false
  private var hasher = Hasher()
  /// Whether something went on to the records.
  private(set) var hasPassedOn = false

  init(_ scheme: PagingScheme, _ output: RecordsPrinter, _ options: APIRequestOptions) {
    self.output = output
    self.options = options
    let isJSON = if case .body = scheme { true } else { false }
    let pointer = Pointer(isJSON: isJSON)
    self.pointer = pointer
    pointerReader = scheme.contentPath.map { SelectReader($0, into: pointer) }
  }

  var hasBegun: Bool { head != nil }

  func begin(_ head: HTTPResponseHead, of request: HTTPRequest) throws(AdapterError) {
    self.head = head
    self.request = request
    isRefusal = options.isFailure(head.status)
    if MediaType.isSequence(head.headers["Content-Type"] ?? ""), !isRefusal { try passOn() }
  }

  func write(_ bytes: BorrowedBytes) throws(AdapterError) {
    if hasPassedOn { return try read(bytes) }
    held.append(bytes)
    if held.byteCount > Self.heldBytes, !isRefusal { try passOn() }
  }

  private func passOn() throws(AdapterError) {
    guard let head, let request, !hasPassedOn else { return }
    hasPassedOn = true
    try output.begin(head, of: request)
    try read(held.collected)
    held.removeAll()
  }

  private func read(_ bytes: BorrowedBytes) throws(AdapterError) {
    hasher.combine(bytes: UnsafeRawBufferPointer(bytes))
    try output.write(bytes)
    if !isRefusal { try pointerReader?.push(bytes) }
  }

  /// Prints a refusal.
  func finishRefusal() throws(AdapterError) {
    try passOn()
    try output.endResponse()
  }

  /// The page has come to its end: its records are printed.
  func finish(_ result: HTTPResult) throws(AdapterError) -> PageWalk.Page {
    try passOn()
    try output.endResponse()
    try pointerReader?.finish()
    if pointer.isOdd {
      throw AdapterError(
        .data, "what is to tell the next page of \(result.url) is neither a text nor a number",
        hint: "see nb help paging")
    }
    return PageWalk.Page(
      head: result.head, url: result.url, pointer: pointer.text,
      elementCount: output.elementCount, contentHash: hasher.finalize())
  }

  /// The beginning of a refusal that is not printed, for the message.
  var excerpt: [String] {
    guard
      let line = String(decoding: held.collected.prefix(200), as: UTF8.self)
        .split(whereSeparator: \.isNewline).first
    else { return [] }
    return ["  \(line)"]
  }
}
