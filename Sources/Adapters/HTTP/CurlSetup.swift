import AdapterCore
import CCurl
import Platform

/// Sets a handle up for one request.
struct CurlSetup {
  /// What requests have in common that differ in their URL and their content alone: a handle that was
  /// set up for one serves the next as it is.
  struct Shape: Equatable {
    let method: String
    let headers: HTTPHeaders
    let omittedFields: [String]
    let hasBody: Bool
    let isBulk: Bool
    let usesHTTP2: Bool
    let sharesConnections: Bool
  }

  /// libcurl 7.88 hangs in HTTP/2 with its own buffer of 16 KiB.
  private static let bufferBytes = 256 * 1024
  /// Larger content goes over HTTP/1.1: over HTTP/2 libcurl 7.88 spins while the server is slow.
  private static let largestHTTP2Upload = 64 * 1024

  private let options: HTTPOptions
  /// What CURLOPT_PROXY is set to; nil: libcurl looks into the environment for each request.
  private let proxy: String?

  init(_ options: HTTPOptions) {
    self.options = options
    let variables = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
    let isInEnvironment = variables.contains { Environment.nonEmptyValue($0) != nil }
    proxy = options.proxy ?? (isInEnvironment ? nil : "")
  }

  func configure(_ handle: CurlHandle, for job: HTTPJob, sharesConnections: Bool) {
    let request = job.request
    let usesHTTP2 = usesHTTP2(job)
    let shape = Shape(
      method: request.method, headers: request.headers, omittedFields: request.omittedFields,
      hasBody: request.body != nil, isBulk: job.exchange.isBulk, usesHTTP2: usesHTTP2,
      sharesConnections: sharesConnections && usesHTTP2)
    if handle.setup == shape {
      handle.forgetError()
    } else {
      set(handle, up: shape, job)
    }
    handle.set(CURLOPT_URL, request.url.text)
    if let body = request.body {
      handle.set(CURLOPT_INFILESIZE_LARGE, offset: body.byteCount ?? -1)
    }
  }

  private func set(_ handle: CurlHandle, up shape: Shape, _ job: HTTPJob) {
    handle.reset()
    // Digest authentication leaves its state on the handle.
    handle.setup = job.exchange.digest == nil ? shape : nil
    handle.set(CURLOPT_NOSIGNAL, true)
    handle.set(CURLOPT_PROTOCOLS_STR, "http,https")
    handle.set(CURLOPT_PATH_AS_IS, true)
    handle.set(CURLOPT_BUFFERSIZE, Self.bufferBytes)
    handle.set(CURLOPT_TCP_KEEPALIVE, true)
    // Waits for a connection that can take another stream, in place of a connection of its own.
    handle.set(CURLOPT_PIPEWAIT, shape.sharesConnections)
    handle.set(
      CURLOPT_HTTP_VERSION, shape.usesHTTP2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
    setTimes(handle)
    setConnection(handle)
    setTLS(handle)
    setRequest(handle, job)
    setCredentials(handle, job)
  }

  private func usesHTTP2(_ job: HTTPJob) -> Bool {
    guard options.usesHTTP2, job.request.url.isSecure, !job.exchange.isBulk else { return false }
    guard let body = job.request.body else { return true }
    return body.byteCount.map { $0 <= Self.largestHTTP2Upload } ?? false
  }

  private func setTimes(_ handle: CurlHandle) {
    handle.set(CURLOPT_CONNECTTIMEOUT_MS, options.connectTimeout)
    handle.set(CURLOPT_LOW_SPEED_LIMIT, 1)
    handle.set(
      CURLOPT_LOW_SPEED_TIME, max(1, Int(options.idleTimeout.inNanoseconds / 1_000_000_000)))
  }

  private func setConnection(_ handle: CurlHandle) {
    if let proxy { handle.set(CURLOPT_PROXY, proxy) }
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
    } else if request.body != nil {
      handle.set(CURLOPT_UPLOAD, true)
    }
    // Without it libcurl sends GET.
    if request.method != "GET" || request.body != nil {
      handle.set(CURLOPT_CUSTOMREQUEST, request.method)
    }
    handle.set(CURLOPT_USERAGENT, options.userAgent)
    // When a connection that was kept breaks before an answer, libcurl sends the request once more by
    // itself; but not where the method of RTSP, which HTTP has no use for, is RECEIVE. A stream that
    // the server refused (RFC 9113, section 8.7) is sent again all the same.
    if !request.isIdempotent {
      handle.set(CURLOPT_RTSP_REQUEST, Int(CURL_RTSPREQ_RECEIVE))
    }
    // Content that is decoded has no ranges that fit it.
    if asksForCompression(request) { handle.set(CURLOPT_ACCEPT_ENCODING, "") }
    handle.set(CURLOPT_HTTPHEADER, headerLines(request))
  }

  private func asksForCompression(_ request: HTTPRequest) -> Bool {
    options.usesCompression && request.mayAdd("Accept-Encoding")
      && !request.headers.contains("Range") && request.method != "HEAD"
  }

  /// The request with the fields that libcurl adds by itself, for those who look on.
  func completed(_ request: HTTPRequest) -> HTTPRequest {
    var fields = [("User-Agent", options.userAgent), ("Accept", "*/*")]
    if asksForCompression(request) { fields.append(("Accept-Encoding", Self.encodings)) }
    var request = request
    for (name, value) in fields where request.mayAdd(name) { request.headers[name] = value }
    return request
  }

  /// What this libcurl decodes, as it says so (CURLOPT_ACCEPT_ENCODING).
  private static let encodings: String = {
    let features = curl_version_info(CURLVERSION_TENTH)?.pointee.features ?? 0
    let known = [
      (CURL_VERSION_LIBZ, "deflate"), (CURL_VERSION_LIBZ, "gzip"), (CURL_VERSION_BROTLI, "br"),
      (CURL_VERSION_ZSTD, "zstd"),
    ]
    return known.filter { features & $0.0 != 0 }.map(\.1).joined(separator: ", ")
  }()

  /// The fields as libcurl takes them: `Name;` for one without a value, `Name:` for one of its own
  /// that is to be left out.
  private func headerLines(_ request: HTTPRequest) -> [String] {
    var lines = request.headers.fields.map { field in
      field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)"
    }
    lines += request.omittedFields.map { "\($0):" }
    if request.body != nil {
      // A server that does not know it costs a second.
      lines.append("Expect:")
    } else if ["POST", "PUT", "PATCH"].contains(request.method) {
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

extension HTTPRequest {
  /// Whether the field is neither there nor to be left out.
  fileprivate func mayAdd(_ name: String) -> Bool {
    !headers.contains(name) && !omittedFields.contains { HTTPHeaders.isSameName($0, name) }
  }
}
