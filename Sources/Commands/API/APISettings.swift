import APIClient
import AdapterCore
import CLI
import Platform

/// How an API is reached: the profile's settings, and the flags before them.
struct APISettings {
  enum Authentication {
    case none
    case bearer(Secret)
    case basic(user: String, password: Secret)
    case digest(user: String, password: Secret)
    case netrc
    case oauth2(OAuth2Settings)
    case aws(AWSSigner)

    /// What tells who asks from all others.
    var identity: [String] {
      switch self {
      case .none: []
      case .bearer(let token): ["bearer", token.reveal()]
      case .basic(let user, let password), .digest(let user, let password):
        ["user", user, password.reveal()]
      case .netrc: ["netrc"]
      case .oauth2(let settings): settings.identity
      case .aws(let signer):
        ["aws", signer.credentials.accessKeyID, signer.credentials.secretAccessKey.reveal()]
      }
    }
  }

  var http = HTTPOptions()
  var retry = Retry.Policy(firstDelay: .milliseconds(500), maximumDelay: .seconds(30))
  var maximumRedirects = 10
  var authentication = Authentication.none
  /// Fields of every request.
  var headers = HTTPHeaders()
  var cache = CacheSettings()
  var cookies = CookieSettings()
  var rateLimit = RateLimitSetting.servers
  /// Where exchanges are recorded; nil: nowhere.
  var har: HARSettings?
  /// How the API's pages follow each other; nil: by Link.
  var paging: PagingScheme?
  /// Whether the profile says how many connections there may be.
  private(set) var limitsConnections = false
  /// For all of a command, unless --timeout is given.
  var timeout: Duration?

  /// The keys of a profile that belong to its place, not to this.
  private static let placeKeys: Set<String> = ["base_url"]

  init(
    _ invocation: Invocation, profile: Target.Address?, _ context: CommandContext
  ) throws(AdapterError) {
    http.userAgent = "nb/\(Program.version)"
    if let profile { try readProfile(profile) }
    try readFlags(invocation)
    try readCredentials(invocation, context.operation)
    if !http.tls.verifiesServer {
      context.operation.note("the server's certificate is not checked (--insecure)")
    }
  }

  // MARK: The profile

  private mutating func readProfile(_ profile: Target.Address) throws(AdapterError) {
    var credentials = ProfileCredentials()
    for setting in profile.settings where !Self.placeKeys.contains(setting.key) {
      if setting.key.hasPrefix("headers.") {
        try addHeader(String(setting.key.dropFirst(8)), setting)
      } else if setting.key.hasPrefix("auth.") || setting.key == "auth" {
        try credentials.read(setting)
      } else {
        try read(setting)
      }
    }
    if let user = profile.user { credentials.user = credentials.user ?? user }
    credentials.password = credentials.password ?? profile.password
    authentication = try credentials.authentication() ?? .none
  }

  private mutating func addHeader(
    _ name: String, _ setting: Target.Setting
  ) throws(AdapterError) {
    guard HTTPHeaders.isValid(name: name, value: setting.value) else {
      throw setting.error("\(setting.key) with this value is no header field")
    }
    headers[name] = setting.value
  }

  private mutating func read(_ setting: Target.Setting) throws(AdapterError) {
    switch setting.key {
    case "timeout": timeout = try setting.duration()
    case "connect_timeout": http.connectTimeout = try setting.duration()
    case "idle_timeout": http.idleTimeout = try setting.duration()
    case "retries": retry.attempts = try setting.integer(0...1000) + 1
    case "retry_backoff": retry.firstDelay = try setting.duration()
    case "max_redirects": maximumRedirects = try setting.integer(0...100)
    case "max_connections":
      http.maximumConnections = try setting.integer(1...1000)
      limitsConnections = true
    case "http2": http.usesHTTP2 = try setting.boolean()
    case "compression": http.usesCompression = try setting.boolean()
    case "user_agent": http.userAgent = try setting.fieldText()
    case "paginate": paging = try Self.paging(setting)
    case "proxy": http.proxy = setting.value
    case "unix_socket": http.unixSocket = setting.value
    case "cookies": cookies.read(setting)
    case "rate_limit":
      guard let limit = RateLimitSetting(setting.value) else {
        throw setting.error("rate_limit takes a number and a period such as 100/min, or none")
      }
      rateLimit = limit
    case "cache", "cache_ttl", "cache_max_size": try cache.read(setting)
    case "tls.verify": http.tls.verifiesServer = try setting.boolean()
    default:
      if http.tls.take(setting) { return }
      let guess = closestMatch(to: setting.key, in: Self.knownKeys)
      throw setting.error(
        "unknown setting '\(setting.key)' of an API",
        hint: guess.map { "did you mean '\($0)'?" } ?? "see `nb help targets`")
    }
  }

  private static func paging(_ setting: Target.Setting) throws(AdapterError) -> PagingScheme {
    do throws(AdapterError) {
      return try PagingScheme.parse(setting.value, of: setting.key)
    } catch {
      var fault = setting.error(error.message, hint: error.hint)
      fault.details = error.details
      throw fault
    }
  }

  private static let knownKeys =
    [
      "base_url", "timeout", "connect_timeout", "idle_timeout", "retries", "retry_backoff",
      "rate_limit", "max_redirects", "max_connections", "http2", "compression", "user_agent",
      "paginate", "proxy",
      "unix_socket", "tls.ca", "tls.cert", "tls.key", "tls.key_password",
      "tls.pinned_key", "tls.verify", "auth.type", "auth.token", "auth.user", "auth.password",
      "auth.region", "auth.service", "auth.access_key_id", "auth.secret_access_key",
      "auth.session_token", "headers.NAME", "cookies",
    ] + CacheSettings.keys + OAuth2Credentials.keys

  // MARK: Flags

  private mutating func readFlags(_ invocation: Invocation) throws(AdapterError) {
    if let count = try invocation.int(APIFlags.retries, in: 0...1000) { retry.attempts = count + 1 }
    if let delay = try invocation.duration(APIFlags.retryBackoff) { retry.firstDelay = delay }
    if let count = try invocation.int(APIFlags.maxRedirects, in: 0...100) {
      maximumRedirects = count
    }
    if let limit = try invocation.duration(APIFlags.connectTimeout) { http.connectTimeout = limit }
    if let limit = try invocation.duration(APIFlags.idleTimeout) { http.idleTimeout = limit }
    if let isOn = invocation.toggle(APIFlags.http2) { http.usesHTTP2 = isOn }
    if let isOn = invocation.toggle(APIFlags.compression) { http.usesCompression = isOn }
    har = invocation.string(APIFlags.har).map { path in
      HARSettings(
        path: path, showsSecrets: invocation.isSet(APIFlags.showSecrets),
        creatorVersion: Program.version)
    }
    try cache.read(invocation)
    try cookies.read(invocation)
    if let text = invocation.string(APIFlags.rateLimit) {
      guard let limit = RateLimitSetting(text) else {
        throw AdapterError(
          .usage, "--rate-limit takes a number and a period such as 100/min, not '\(text)'")
      }
      rateLimit = limit
    }
    if let name = invocation.string(APIFlags.userAgent) {
      guard HTTPHeaders.isValid(name: "User-Agent", value: name) else {
        throw AdapterError(.usage, "--user-agent holds a control character")
      }
      http.userAgent = name
    }
    if let proxy = invocation.string(APIFlags.proxy) { http.proxy = proxy }
    if let path = invocation.string(APIFlags.unixSocket) { http.unixSocket = path }
    http.resolve += invocation.strings(APIFlags.resolve)
    if let file = invocation.string(APIFlags.authorityFile) { http.tls.authorityFile = file }
    if let file = invocation.string(APIFlags.certificate) { http.tls.certificateFile = file }
    if let file = invocation.string(APIFlags.key) { http.tls.keyFile = file }
    if let hash = invocation.string(APIFlags.pinnedKey) { http.tls.pinnedKey = hash }
    if invocation.isSet(APIFlags.insecure) { http.tls.verifiesServer = false }
    for file in [http.tls.authorityFile, http.tls.certificateFile, http.tls.keyFile] {
      if let file { try checkReadable(file) }
    }
  }

  /// libcurl says of a missing file no more than that it cannot be used.
  private func checkReadable(_ file: String) throws(AdapterError) {
    do throws(Errno) {
      try FileSystem.checkReadable(file)
    } catch {
      throw AdapterError(error, reading: file)
    }
  }

  private mutating func readCredentials(
    _ invocation: Invocation, _ operation: OperationContext
  ) throws(AdapterError) {
    let token = invocation.string(APIFlags.bearer)
    let user = invocation.string(APIFlags.user)
    if token != nil, user != nil {
      throw AdapterError(.usage, "--bearer and --user are both given", hint: "keep one of them")
    }
    if let token {
      authentication = .bearer(try SecretReference(token).fetch(operation))
    } else if let user {
      let parts = user.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      let password =
        parts.count > 1 ? try SecretReference(String(parts[1])).fetch(operation) : Secret("")
      let name = String(parts[0])
      authentication =
        invocation.isSet(APIFlags.digest)
        ? .digest(user: name, password: password) : .basic(user: name, password: password)
    } else if invocation.isSet(APIFlags.digest) {
      guard case .basic(let name, let password) = authentication else {
        throw AdapterError(.usage, "--digest needs --user")
      }
      authentication = .digest(user: name, password: password)
    } else if invocation.isSet(APIFlags.netrc) {
      authentication = .netrc
    }
    if let scope = invocation.string(APIFlags.awsSigV4) {
      authentication = .aws(try AWSSettings.signer(scope: scope, user: authentication))
    }
    if case .netrc = authentication { http.usesNetrc = true }
  }

  /// An exchange that is sent as these settings say.
  ///
  /// - Parameter isOwnOrigin: false for a request to another origin than the API's, which is told
  ///   nothing that proves who asks.
  func exchange(
    _ request: HTTPRequest, into sink: any HTTPResponseSink, isOwnOrigin: Bool = true
  ) -> HTTPExchange {
    let exchange = HTTPExchange(
      request, into: sink, retry: retry, maximumRedirects: maximumRedirects)
    if isOwnOrigin {
      authenticate(exchange)
    } else {
      exchange.request.headers.removeCredentials()
    }
    return exchange
  }

  /// Makes a request carry what proves who asks.
  private func authenticate(_ exchange: HTTPExchange) {
    guard !exchange.request.headers.contains("Authorization") else { return }
    switch authentication {
    case .none, .netrc, .oauth2: break
    case .bearer(let token):
      exchange.request.headers["Authorization"] = "Bearer \(token.reveal())"
    case .basic(let user, let password):
      let pair = Base64.text(of: Array("\(user):\(password.reveal())".utf8))
      exchange.request.headers["Authorization"] = "Basic \(pair)"
    case .digest(let user, let password): exchange.digest = (user, password)
    case .aws(let signer):
      exchange.authorize = { (request) throws(AdapterError) in try signer.sign(&request) }
    }
  }
}
