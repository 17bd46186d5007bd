import APIClient
import AdapterCore
import Platform
import Terminal

/// `--paginate`: asks for page after page and prints the records of all.
final class PagedRun {
  /// A server that asks to be left alone for longer is not waited for.
  private static let longestWait = Duration.seconds(3600)

  /// No API has smaller pages by itself.
  private static let leastPageSize = 10

  private let paging: PagingOptions
  private let options: APIRequestOptions
  private let context: CommandContext
  private let output: RecordsPrinter
  private let log: any HTTPObserver
  private let requestContent: PagedContent?
  private var walk: PageWalk
  /// Pages whose records are printed.
  private var pageCount = 0

  init(
    _ paging: PagingOptions, _ selection: RecordSelection, _ options: APIRequestOptions,
    _ context: CommandContext
  ) throws(AdapterError) {
    self.paging = paging
    self.options = options
    self.context = context
    output = RecordsPrinter(selection, options, context)
    log = options.makeLog(context)
    walk = try PageWalk(paging.scheme, from: options.request.url)
    if paging.scheme.endsWithEmptyPage, !selection.path.leadsThroughArray {
      throw AdapterError(
        .usage, "--select leads to no array, whose end would be that of the pages",
        hint: "select the elements, such as '.items[].{id}'")
    }
    if let body = options.request.body, !body.isRepeatable {
      throw AdapterError(
        .usage, "--paginate sends the content again, and a pipe cannot be read again",
        hint: "put it into a file")
    }
    requestContent = try PagedContent(paging.scheme, options.request.body)
  }

  func run(_ session: APISession) throws(AdapterError) {
    var shown = options.progress
    shown.printsData = true
    let progress = context.startProgress("read", total: nil, unit: .pages, shown)
    defer { progress.end() }
    do throws(AdapterError) {
      while true {
        let page = try readPage(session)
        try context.flush()
        pageCount += 1
        progress.update(to: pageCount)
        guard try goOn(behind: page) else { break }
      }
      progress.end()
      try output.endRecords()
    } catch {
      progress.end()
      output.abandon()
      throw located(error)
    }
  }

  /// Whether there is a next page that is to be read.
  private func goOn(behind page: PageWalk.Page) throws(AdapterError) -> Bool {
    let origin = walk.url.origin
    let isFirst = walk.number == 1
    guard try walk.advance(behind: page) else {
      if isFirst { sayWhatIsMissing(page) }
      return false
    }
    if let limit = paging.maximumPages, walk.number > limit {
      context.operation.note(
        "stopped behind page \(limit) (--max-pages); the next is \(walk.place)")
      return false
    }
    if walk.url.origin != origin, !isOwnOrigin {
      context.operation.note(
        "page \(walk.number) is at \(walk.url.origin): no credentials go along")
    }
    return true
  }

  /// A response without any link may be one of many all the same; a short list is not.
  private func sayWhatIsMissing(_ page: PageWalk.Page) {
    guard case .link = paging.scheme, !page.head.headers.contains("Link"),
      page.elementCount.map({ $0 >= Self.leastPageSize }) ?? true
    else { return }
    context.operation.note(
      "the response has no Link field, so this is all; see nb help paging for other ways")
  }

  private var isOwnOrigin: Bool { walk.url.origin == options.request.url.origin }

  // MARK: A page

  /// Reads a page; one that breaks off before any of its records are printed is asked for again.
  private func readPage(_ session: APISession) throws(AdapterError) -> PageWalk.Page {
    var content = PageContent(paging.scheme, output, options)
    func mayAskAgain(_ error: AdapterError) -> Bool {
      // Before the head it is the client that tries again.
      error.isRetryable && content.hasBegun && !content.hasPassedOn
    }
    let retry = Retry(options.settings.retry, context.operation)
    return try retry.run(if: mayAskAgain, willWait: log.triesAgain) { () throws(AdapterError) in
      content = PageContent(paging.scheme, output, options)
      let result = try send(session, into: content)
      guard options.isFailure(result.head.status) else { return try content.finish(result) }
      throw try refusal(result, content)
    }
  }

  private func send(
    _ session: APISession, into content: PageContent
  ) throws(AdapterError) -> HTTPResult {
    var request = options.request
    request.url = walk.url
    if let requestContent {
      request.body = try requestContent.body(walk.cursor)
      request.headers["Content-Type"] = request.headers["Content-Type"] ?? "application/json"
    } else if walk.number > 1 {
      try request.body?.rewind()
    }
    let exchange = session.exchange(request, into: content, isOwnOrigin: isOwnOrigin)
    exchange.maximumBytes = options.maximumBytes
    // A server that says how long to wait is waited for: what was printed is worth it.
    exchange.retry.budget = Self.longestWait
    exchange.observer = log
    return try session.client.send(exchange)
  }

  /// The first page's refusal is printed as that of any request; a later one would stand among the
  /// records.
  private func refusal(
    _ result: HTTPResult, _ content: PageContent
  ) throws(AdapterError) -> AdapterError {
    guard var error = ResponseStatus.error(result, method: options.request.method) else {
      return AdapterError(.bug, "a refusal of status \(result.head.status)")
    }
    if walk.number > 1 {
      error.details += content.excerpt
    } else {
      try content.finishRefusal()
    }
    return error
  }

  /// Says how far it has come.
  private func located(_ error: AdapterError) -> AdapterError {
    guard pageCount > 0 else { return error }
    var error = error
    let pages = pageCount == 1 ? "1 page" : "\(pageCount) pages"
    let next = walk.number > pageCount ? "; the next one is \(walk.place)" : ""
    error.details.append("\(output.count) records of \(pages) were printed\(next)")
    return error
  }
}
