import APIClient
import AdapterCore
import CLI
import Terminal

/// `nb api batch`, resolved.
struct APIBatchOptions {
  /// What paths stand below, and whose credentials they are; nil: every request names its URL.
  var base: HTTPURL?
  var settings: APISettings
  /// "-": stdin.
  var input: String
  var jobs: Int
  var isOrdered: Bool
  var state: String?
  var includesHeaders: Bool
  var allowedStatuses: StatusPatterns
  var maximumBytes: Int
  var isVerbose: Bool
  var progress: ProgressOptions

  static let defaultJobs = 64
  static let defaultMaximumBytes = 16 << 20

  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    var words = invocation.arguments
    var target: APITarget?
    if let first = words.first, Self.isTarget(first) {
      target = try APITarget(first, path: nil, context)
      words.removeFirst()
    }
    guard words.count <= 1 else {
      throw AdapterError(
        .usage, "'\(words[0])' is neither a URL nor a profile",
        hint: "nb api batch [URL|@PROFILE] [FILE]")
    }
    guard !words.isEmpty || !context.terminal.isTerminal(.input) else {
      throw AdapterError(
        .usage, "no requests given",
        hint: "name a FILE, or pipe them in; - reads lines that are typed")
    }
    input = words.first ?? "-"
    base = target?.url
    settings = try APISettings(invocation, profile: target?.profile, context)
    if let user = target?.user, case .none = settings.authentication {
      settings.authentication = .basic(user: user, password: target?.password ?? Secret(""))
    }
    try Self.checkCredentials(settings, target)
    jobs = try invocation.int(APIFlags.jobs, in: 1...1000) ?? Self.defaultJobs
    if !settings.limitsConnections { settings.http.maximumConnections = jobs }
    isOrdered = invocation.isSet(APIFlags.ordered)
    state = invocation.string(APIFlags.resume)
    includesHeaders = invocation.isSet(APIFlags.include)
    allowedStatuses = try StatusPatterns(invocation.strings(APIFlags.allowStatus))
    maximumBytes =
      try invocation.string(APIFlags.maxSize).map(APIRequestOptions.size)
      ?? Self.defaultMaximumBytes
    isVerbose = invocation.isSet(APIFlags.verbose)
    progress = try ProgressOptions(invocation, context)
  }

  private static func isTarget(_ word: String) -> Bool {
    word.hasPrefix("@") || word.lowercased().hasPrefix("http://")
      || word.lowercased().hasPrefix("https://")
  }

  /// Credentials are for one origin, which only a target names.
  private static func checkCredentials(
    _ settings: APISettings, _ target: APITarget?
  ) throws(AdapterError) {
    switch settings.authentication {
    case .none, .netrc: return
    default: break
    }
    guard target == nil else { return }
    throw AdapterError(
      .usage, "credentials are given, and no target that they are for",
      hint: "name the URL or the profile before the file; other hosts do not get them")
  }
}
