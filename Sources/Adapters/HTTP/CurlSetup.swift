import AdapterCore
import CCurl

/// Sets a handle up for one request.
struct CurlSetup {
  /// libcurl 7.88 hangs in HTTP/2 with its own buffer of 16 KiB.
  private static let bufferBytes = 256 * 1024
  /// Larger content goes over HTTP/1.1: over HTTP/2 libcurl 7.88 spins while the server is slow.
  private static let largestHTTP2Upload = 64 * 1024

  private let options: HTTPOptions
  private let operation: OperationContext

  init(_ options: HTTPOptions, _ operation: OperationContext) {
    self.options = options
    self.operation = operation
  }

  func configure(_ handle: CurlHandle, for transfer: CurlTransfer, sharesConnections: Bool) {
    let job = transfer.job
    handle.reset()
    CurlCallbacks.install(on: handle, for: transfer)
    handle.set(CURLOPT_NOSIGNAL, true)
    handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
    handle.set(CURLOPT_URL, job.request.url.text)
    handle.set(CURLOPT_PATH_AS_IS, true)
    handle.set(CURLOPT_BUFFERSIZE, Self.bufferBytes)
    handle.set(CURLOPT_TCP_KEEPALIVE, true)
    // Waits for a connection that can take another stream, in place of a connection of its own.
    handle.set(CURLOPT_PIPEWAIT, sharesConnections)
    setVersion(handle, job)
    setTimes(handle)
    setConnection(handle)
    setTLS(handle)
    setRequest(handle, job)
    setCredentials(handle, job)
  }

  private func setVersion(_ handle: CurlHandle, _ job: HTTPJob) {
    let isUpload = job.request.body.map { body in
      body.byteCount.map { $0 > Self.largestHTTP2Upload } ?? true
    }
    let usesHTTP2 = options.usesHTTP2 && !job.exchange.isBulk && isUpload != true
    handle.set(
      CURLOPT_HTTP_VERSION,
      usesHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
  }

  private func setTimes(_ handle: CurlHandle) {
    handle.set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout)
    handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
    handle.set(
      CURLOPT_LOW_SPEED_TIME, max(1, Int(options.idleTimeout.inNanoseconds / 1_000_000_000)))
  }

  private func setConnection(_ handle: CurlHandle) {
    if let proxy = options.proxy { handle.set(CURLOPT_PROXY, proxy) }
    if let path = options.unixSocket { handle.set(CURLOPT_UNIX_SOCKET_PATH, path) }
    handle.set(CURLOPT_RESOLVE, options.resolve)
  }

  private func setTLS(_ handle: CurlHandle) {
    let tls = options.tls
    handle.set(CURLOPT_SSL_VERIFYPEER, tls.verifiesServer)
    handle.set(CURLOPT_SSL_VERIFYHOST, tls.verifiesServer ? 2 : 0)
    if let file = tls.authorityFile { handle.set(CURLOPT_CAINFO, file) }
    if let file = tls.certificateFile { handle.set(CURLOPT_SSLCERT, file) }
    if let file = tls.keyFile { handle.set(CURLOPT_SSLKEY, file) }
    if let password = tls.keyPassword { handle.set(CURLOPT_KEYPASSWD, password.reveal()) }
    if let key = tls.pinnedKey { handle.set(CURLOPT_PINNEDPUBLICKEY, key) }
  }

  private func setRequest(_ handle: CurlHandle, _ job: HTTPJob) {
    let request = job.request
    if request.method == "HEAD" {
      handle.set(CURLOPT_NOBODY, true)
    } else if let body = request.body {
      handle.set(CURLOPT_UPLOAD, true)
      if let count = body.byteCount { handle.set(CURLOPT_INFILESIZE_LARGE, offset: count) }
    }
    handle.set(CURLOPT_CUSTOMREQUEST, request.method)
    // Content that is decoded has no ranges that fit it.
    if options.usesCompression, !request.headers.contains("Accept-Encoding"),
      !request.headers.contains("Range"), request.method != "HEAD"
    {
      handle.set(CURLOPT_ACCEPT_ENCODING, "")
    }
    handle.set(CURLOPT_HTTPHEADER, headerLines(request))
  }

  /// The fields as libcurl takes them: `Name;` for one without a value, `Name:` for one of its own
  /// that is to be left out.
  private func headerLines(_ request: HTTPRequest) -> [String] {
    var lines = request.headers.fields.map { field in
      field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
    }
    if !request.headers.contains("User-Agent") { lines.append("User-Agent: \(options.userAgent)") }
    if !request.headers.contains("Accept") { lines.append("Accept: */*") }
    // A server that does not know it costs a second.
    lines.append("Expect:")
    if request.body == nil, ["POST", "PUT", "PATCH"].contains(request.method) {
      lines.append("Content-Length: 0")
    }
    return lines
  }

  private func setCredentials(_ handle: CurlHandle, _ job: HTTPJob) {
    if let digest = job.exchange.digest, job.isOnOwnOrigin {
      handle.set(CURLOPT_HTTPAUTH, digestAuthentication)
      handle.set(CURLOPT_USERNAME, digest.user)
      handle.set(CURLOPT_PASSWORD, digest.password.reveal())
    } else if options.usesNetrc, !job.request.headers.contains("Authorization") {
      handle.set(CURLOPT_NETRC, Int(CURL_NETRC_OPTIONAL.rawValue))
    }
  }
}

/// CURLAUTH_DIGEST, a macro with a cast that Swift does not import.
private let digestAuthentication = 1 << 1
