import APIClient
import AdapterCore
import Platform

/// Sends one request and prints what comes of it.
struct APIRequestRun {
  private let options: APIRequestOptions
  private let context: CommandContext

  init(_ options: APIRequestOptions, _ context: CommandContext) {
    self.options = options
    self.context = context
  }

  func run() throws(AdapterError) {
    if let preview = options.preview { return try show(preview) }
    let session = APISession(options.settings, context)
    if let path = options.download {
      return try Download(options, path: path, context).run(session)
    }
    let printer = ResponsePrinter(options, context)
    let exchange = session.exchange(options.request, into: printer)
    exchange.maximumBytes = options.maximumBytes
    let log = options.isVerbose ? ExchangeLog(context) : nil
    exchange.observer = log
    let result: HTTPResult
    do throws(AdapterError) {
      result = try session.client.send(exchange)
    } catch {
      try? printer.finish()
      throw error
    }
    try printer.finish()
    try Self.check(result, options)
  }

  /// Throws what the response's status is, unless it is allowed.
  static func check(
    _ result: HTTPResult, _ options: APIRequestOptions
  ) throws(AdapterError) {
    guard !options.allowedStatuses.contains(result.head.status),
      let error = ResponseStatus.error(result, method: options.request.method)
    else { return }
    throw error
  }

  // MARK: Instead of sending

  private func show(_ preview: APIRequestOptions.Preview) throws(AdapterError) {
    let exchange = options.settings.exchange(
      options.request, into: ResponsePrinter(options, context))
    switch preview {
    case .curl:
      context.output.append(
        CurlLine.text(
          exchange.request, options: options.settings.http, bodyFile: options.bodyFile,
          showsSecrets: options.showsSecrets) + "\n")
    case .request:
      let lines = RequestText.lines(exchange.request, showsSecrets: options.showsSecrets)
      context.output.append(lines.map { $0 + "\n" }.joined() + "\n")
      try printBody(exchange.request.body)
    }
  }

  private func printBody(_ body: (any HTTPBody)?) throws(AdapterError) {
    guard let body else { return }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 1)
    defer { buffer.deallocate() }
    while true {
      let count = try body.read(into: buffer)
      if count == 0 { return }
      context.output.append(
        UnsafeRawBufferPointer(rebasing: buffer[..<count]).bindMemory(to: UInt8.self))
      try context.flushIfFull()
    }
  }
}
