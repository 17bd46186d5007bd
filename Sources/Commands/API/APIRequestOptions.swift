import APIClient
import AdapterCore
import CLI
import Platform
import Terminal

/// One request of `nb api`, resolved.
struct APIRequestOptions {
  /// Instead of sending it.
  enum Preview {
    case request, curl
  }

  var request: HTTPRequest
  var settings: APISettings
  var preview: Preview?
  var showsSecrets: Bool
  var bodyFile: String?
  /// nil: the content is printed as it is.
  var selection: RecordSelection?
  var paging: PagingOptions?
  var checks: ResponseChecks?
  var download: String?
  var includesHead: Bool
  var allowedStatuses: StatusPatterns
  var maximumBytes: Int?
  var isVerbose: Bool
  var progress: ProgressOptions

  init(
    method: String, _ invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) {
    var words = Array(invocation.arguments.dropFirst())
    let path = words.first.flatMap { $0.hasPrefix("/") ? $0 : nil }
    if path != nil { words.removeFirst() }
    let target = try APITarget(invocation.argument(0) ?? "", path: path, context)
    settings = try APISettings(invocation, profile: target.profile, context)
    if let user = target.user, case .none = settings.authentication {
      settings.authentication = .basic(user: user, password: target.password ?? Secret(""))
    }
    request = HTTPRequest(method: method, url: target.url, headers: settings.headers)
    bodyFile = invocation.string(APIFlags.body)
    try Self.fill(&request, from: words, bodyFile: bodyFile, invocation, context.operation)
    preview = try Self.preview(invocation)
    showsSecrets = invocation.isSet(APIFlags.showSecrets)
    paging = try PagingOptions(invocation, standard: settings.paging)
    selection = try RecordSelection(invocation, context, isPaged: paging != nil)
    checks = try ResponseChecks(invocation)
    download = invocation.string(APIFlags.download)
    includesHead = invocation.isSet(APIFlags.include) || method == "HEAD"
    allowedStatuses = try StatusPatterns(invocation.strings(APIFlags.allowStatus))
    maximumBytes = try invocation.string(APIFlags.maxSize).map(Self.size)
    isVerbose = invocation.isSet(APIFlags.verbose)
    progress = try ProgressOptions(invocation, context)
    try refuseWhatExcludesItself(method)
  }

  private func refuseWhatExcludesItself(_ method: String) throws(AdapterError) {
    if method == "HEAD", download != nil || selection != nil {
      throw AdapterError(
        .usage, "HEAD has no content to \(download == nil ? "select from" : "download")",
        hint: "use nb api get")
    }
    if download != nil, let checks {
      guard checks.conditions.isEmpty else {
        throw AdapterError(
          .usage, "--download and --until do not go together",
          hint: "wait by --until first, and download then")
      }
      guard !checks.needsContent else {
        throw AdapterError(
          .usage, "--download keeps no content in memory for an expectation to look at",
          hint: "expectations of status, header, time and size go with it")
      }
    }
    if paging != nil, checks != nil {
      throw AdapterError(
        .usage, "--paginate and expectations do not go together",
        hint: "an expectation is about one response")
    }
    guard selection != nil else { return }
    if download != nil {
      throw AdapterError(
        .usage,
        "--download takes the content as it is, and --select, -o and --paginate make records of it",
        hint: "> FILE keeps the records")
    }
    if includesHead {
      throw AdapterError(
        .usage, "--include would put the head among the records", hint: "-v shows it on stderr")
    }
  }

  /// Whether a status is an error: neither --allow-status nor an expectation speaks of it.
  func isFailure(_ status: Int) -> Bool {
    status >= 400 && !allowedStatuses.contains(status) && !(checks?.judgesStatus ?? false)
  }

  /// Makes the items and --body a part of the request.
  private static func fill(
    _ request: inout HTTPRequest, from words: [String], bodyFile: String?,
    _ invocation: Invocation, _ operation: OperationContext
  ) throws(AdapterError) {
    var items: [RequestItem] = []
    for word in words {
      items.append(
        try RequestItem(word) { path throws(AdapterError) in try wholeFile(path) })
    }
    let parts = RequestParts(items)
    for pair in parts.query {
      request.url = request.url.appending(queryName: pair.name, value: pair.value)
    }
    var content = try parts.content(try form(invocation), operation)
    if let bodyFile {
      guard content == nil else {
        throw AdapterError(
          .usage, "fields and --body are both given", hint: "keep one of them")
      }
      content = (try FileBody(path: bodyFile, operation), "application/json")
    }
    if let content {
      request.body = content.body
      request.headers["Content-Type"] = content.type
      if content.type == "application/json", bodyFile == nil {
        request.headers["Accept"] = request.headers["Accept"] ?? "application/json, */*;q=0.5"
      }
    }
    for name in Set(parts.headers.map { $0.name.lowercased() }) { request.headers.remove(name) }
    for field in parts.headers { request.headers.append(field.name, field.value) }
    for name in parts.removedHeaders { request.headers.remove(name) }
    request.omittedFields = parts.removedHeaders
  }

  /// What tells a person about the exchanges: all with `-v`, otherwise their long waits.
  func makeLog(_ context: CommandContext) -> any HTTPObserver {
    isVerbose ? ExchangeLog(context) : WaitLog(context)
  }

  private static func form(_ invocation: Invocation) throws(AdapterError) -> ContentForm? {
    let given = [
      (APIFlags.json, ContentForm.json), (APIFlags.form, .form),
      (APIFlags.multipart, .multipart),
    ].filter { invocation.isSet($0.0) }
    guard given.count < 2 else {
      throw AdapterError(
        .usage, "--\(given[0].0.name) and --\(given[1].0.name) are both given",
        hint: "keep one of them")
    }
    return given.first?.1
  }

  private static func preview(_ invocation: Invocation) throws(AdapterError) -> Preview? {
    if invocation.isSet(APIFlags.curl) { return .curl }
    return invocation.isSet(APIFlags.dryRun) ? .request : nil
  }

  /// For values in files: a field, not a content.
  private static func wholeFile(_ path: String) throws(AdapterError) -> [UInt8] {
    do throws(Errno) {
      return try SmallFile(reading: path, limit: 64 << 20).bytes
    } catch {
      throw AdapterError(error, reading: path)
    }
  }

  static func size(_ text: String) throws(AdapterError) -> Int {
    if let size = ByteSize.parse(text) { return size }
    throw AdapterError(.usage, "--max-size takes a size such as 512, 10k or 5M, not '\(text)'")
  }
}
