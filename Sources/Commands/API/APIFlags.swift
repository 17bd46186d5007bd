import CLI

/// The flags of `nb api`.
enum APIFlags {
  // MARK: Content

  static let json = FlagSpec("json", summary: "Send the fields as JSON, the default")
  static let form = FlagSpec("form", summary: "Send the fields as a form, URL-encoded")
  static let multipart = FlagSpec(
    "multipart", summary: "Send the fields as multipart/form-data, the default with files")
  static let body = FlagSpec(
    "body", .value(name: "FILE"), completion: .file([]),
    summary: "Send this file as it is; - is standard input",
    details: "Its type is application/json unless Content-Type says otherwise.")

  // MARK: Response

  static let select = FlagSpec(
    "select", .value(name: "PATH"),
    summary: "Print what a path leads to as records: '.items[].{id, name}'",
    details: """
      The content must be JSON; an array that the path names is one record an element. -o says how \
      records are printed. See nb help select.
      """)
  static let expect = FlagSpec(
    "expect", .repeated(name: "EXPECTATION"),
    summary: "Check the response: status=2xx, '$.a==1', 'time<500ms'",
    details: """
      All are checked; exit status 1 when one is not met. See nb help expectations.
      """)
  static let junit = FlagSpec(
    "junit", .value(name: "FILE"), completion: .file(["xml"]), group: .rare,
    summary: "Write how the expectations fared as JUnit XML")
  static let until = FlagSpec(
    "until", .repeated(name: "EXPECTATION"),
    summary: "Send the request again until the response is so",
    details: """
      For --timeout, otherwise 5 minutes; then exit status 124. Only the last response is printed. A \
      server that cannot be reached counts as not yet.
      """)
  static let every = FlagSpec(
    "every", .value(name: "DURATION"), group: .output,
    summary: "How long --until waits between two",
    defaultText: "2s")
  static let paginate = FlagSpec(
    "paginate", .optionalValue(name: "HOW", default: "auto"),
    summary: "Follow the pages and print all records",
    details: """
      auto is the profile's `paginate`, otherwise the field Link; next:PATH, cursor:[PARAMETER=]PATH, \
      body:FIELD=PATH, page[:PARAMETER] and offset[:PARAMETER] are for other APIs. See nb help paging.
      """)
  static let maxPages = FlagSpec(
    "max-pages", .value(name: "N"), group: .rare, summary: "Follow at most this many pages",
    defaultText: "no limit")
  static let download = FlagSpec(
    "download", .value(name: "FILE"), completion: .file([]),
    summary: "Write the content to FILE, which appears when it is complete",
    details: """
      A download that broke off goes on where it stopped, if the server says that the content is \
      still the same.
      """)
  static let include = FlagSpec(
    "include", short: "i", summary: "Print the status line and the header fields too")
  static let allowStatus = FlagSpec(
    "allow-status", .repeated(name: "STATUS"),
    summary: "Take this status for a success: 404, or 4xx")
  static let maxSize = FlagSpec(
    "max-size", .value(name: "SIZE"), group: .rare,
    summary: "Refuse content that is larger, once decoded",
    details: "Bytes, or a number with k, M or G. Exit status 65.", defaultText: "no limit")

  static let verbose = FlagSpec(
    "verbose", short: "v", group: .output,
    summary: "Show requests and responses on stderr, secrets as ***")
  static let dryRun = FlagSpec(
    "dry-run", group: .output, summary: "Print the request, and send nothing")
  static let curl = FlagSpec(
    "curl", group: .output, summary: "Print the same request as a line for curl, and send nothing")
  static let har = FlagSpec(
    "har", .value(name: "FILE"), completion: .file(["har"]), group: .rare,
    summary: "Record requests and responses in FILE, as HAR 1.2, secrets as ***",
    details: "Each attempt and each redirect, with its times; of content the first 1 MiB.")
  static let showSecrets = FlagSpec(
    "show-secrets", group: .rare,
    summary: "Do not hide secrets in --curl, --dry-run and --har")

  // MARK: Batch

  static let jobs = FlagSpec(
    "jobs", short: "j", .value(name: "N"), summary: "Send at most this many requests at a time",
    details: """
      Over HTTP/2 they share one connection; over HTTP/1.1 each has its own, up to the profile's \
      max_connections.
      """, defaultText: "64")
  static let ordered = FlagSpec(
    "ordered", summary: "Give the results in the order of the requests",
    details: "While the first one lags, only some of the later ones are sent.")
  static let resume = FlagSpec(
    "resume", .value(name: "STATE"), completion: .file([]),
    summary: "Note in this file what is done, and go on from there")
  static let batchMaxSize = FlagSpec(
    "max-size", .value(name: "SIZE"), summary: "Refuse content that is larger, once decoded",
    details: "Bytes, or a number with k, M or G. Results are held in memory.", defaultText: "16M")

  // MARK: Who asks

  static let bearer = FlagSpec(
    "bearer", .value(name: "TOKEN"), summary: "Authenticate by a token",
    details: "env:NAME, file:PATH, fd:N and cmd:COMMAND keep it out of the process list.")
  static let user = FlagSpec(
    "user", .value(name: "NAME[:PASSWORD]"), summary: "Authenticate by user and password",
    details: "The password may be env:NAME, file:PATH, fd:N or cmd:COMMAND.")
  static let digest = FlagSpec(
    "digest", group: .connection, summary: "Use --user for digest authentication")
  static let awsSigV4 = FlagSpec(
    "aws-sigv4", .value(name: "REGION/SERVICE"), group: .connection,
    summary: "Sign by AWS Signature Version 4",
    details: """
      The keys are --user KEY:SECRET, or AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and \
      AWS_SESSION_TOKEN.
      """)
  static let netrc = FlagSpec(
    "netrc", group: .connection, summary: "Take user and password from ~/.netrc, or $NETRC")

  static let session = FlagSpec(
    "session", .value(name: "NAME"), group: .connection,
    summary: "Keep cookies under this name from one command to the next")
  static let cookies = FlagSpec(
    "cookies", .value(name: "FILE"), completion: .file([]), group: .connection,
    summary: "Send the cookies in FILE, and keep new ones there",
    details: "The format is curl's. An empty name: no cookies, whatever the profile says.")

  // MARK: Connection

  static let retries = FlagSpec(
    "retries", .value(name: "N"), group: .connection,
    summary: "Send a request again at most this often",
    details: """
      After 408, 425, 429, 502, 503, 504 and broken connections, for methods that do no harm twice \
      and for requests with an Idempotency-Key. Retry-After is obeyed.
      """, defaultText: "4")
  static let retryBackoff = FlagSpec(
    "retry-backoff", .value(name: "DURATION"), group: .connection,
    summary: "The bound of the first wait, which doubles each time", defaultText: "500ms")
  static let cache = FlagSpec(
    "cache", .toggle(negatable: true), group: .connection,
    summary: "Keep responses, and answer from them while they are fresh, or don't",
    details: "By RFC 9111; see `nb api cache`.", defaultText: "no")
  static let cacheTTL = FlagSpec(
    "cache-ttl", .value(name: "DURATION"), group: .connection,
    summary: "Keep them, and take successes for fresh so long",
    details: "Whatever the server says, unless it forbids to store them.",
    defaultText: "as the server says")
  static let rateLimit = FlagSpec(
    "rate-limit", .value(name: "N/PERIOD"), group: .connection,
    summary: "Send no more than N requests in any period: 100/min",
    details: """
      s, min, h, d, or a duration: 20/10s. It holds for all nb processes together, per server and \
      credentials. none: the server's own limit is not waited for either; otherwise for 5 minutes at \
      most, or as long as --timeout allows.
      """, defaultText: "the server's own limit, where it tells one")
  static let maxRedirects = FlagSpec(
    "max-redirects", .value(name: "N"), group: .connection,
    summary: "Follow at most this many redirects; 0: none",
    details: "Credentials do not go along to another origin.", defaultText: "10")
  static let connectTimeout = FlagSpec(
    "connect-timeout", .value(name: "DURATION"), group: .connection,
    summary: "How long a connection may take to be made", defaultText: "10s")
  static let idleTimeout = FlagSpec(
    "idle-timeout", .value(name: "DURATION"), group: .connection,
    summary: "How long the server may send nothing", defaultText: "2m")
  static let http2 = FlagSpec(
    "http2", .toggle(negatable: true), group: .connection, summary: "Offer HTTP/2, or don't",
    defaultText: "yes")
  static let compression = FlagSpec(
    "compression", .toggle(negatable: true), group: .connection,
    summary: "Ask for compressed content, or don't", defaultText: "yes")
  static let userAgent = FlagSpec(
    "user-agent", .value(name: "TEXT"), group: .connection, summary: "Call the client so",
    defaultText: "nb/VERSION")
  static let proxy = FlagSpec(
    "proxy", .value(name: "URL"), group: .connection,
    summary: "Go through this proxy; an empty one: through none",
    defaultText: "http_proxy, https_proxy, all_proxy and no_proxy")
  static let unixSocket = FlagSpec(
    "unix-socket", .value(name: "PATH"), completion: .file([]), group: .connection,
    summary: "Connect to this socket in place of the URL's host")
  static let resolve = FlagSpec(
    "resolve", .repeated(name: "HOST:PORT:ADDRESS"), group: .connection,
    summary: "Connect to ADDRESS for HOST and PORT")
  static let authorityFile = FlagSpec(
    "cacert", .value(name: "FILE"), completion: .file(["pem", "crt"]), group: .connection,
    summary: "Trust the certificates in this PEM file")
  static let certificate = FlagSpec(
    "cert", .value(name: "FILE"), completion: .file(["pem", "crt"]), group: .connection,
    summary: "Show the server this certificate")
  static let key = FlagSpec(
    "key", .value(name: "FILE"), completion: .file(["pem", "key"]), group: .connection,
    summary: "The key of --cert, unless it is in the same file")
  static let pinnedKey = FlagSpec(
    "pinned-key", .value(name: "HASH"), group: .connection,
    summary: "Take no other public key: sha256//BASE64")
  static let insecure = FlagSpec(
    "insecure", short: "k", group: .connection, summary: "Do not check the server's certificate")

  static let content = [json, form, multipart, body]
  static let response = [select, paginate, expect, until, download, include, allowStatus, maxSize]
  static let output = [maxPages, every, junit, verbose, har, dryRun, curl, showSecrets]
  static let credentials = [bearer, user, digest, netrc, awsSigV4, session, cookies]
  static let connection = [
    retries, retryBackoff, rateLimit, cache, cacheTTL, maxRedirects, connectTimeout, idleTimeout,
    http2, compression, userAgent, proxy, unixSocket, resolve, authorityFile, certificate, key,
    pinnedKey, insecure,
  ]
}
