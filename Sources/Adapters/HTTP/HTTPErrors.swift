import AdapterCore
import CCurl
import Platform

/// libcurl's failures as errors of nb's.
enum HTTPErrors {
  /// - Parameters:
  ///   - text: what libcurl wrote about it (CURLOPT_ERRORBUFFER).
  ///   - errno: why connecting failed (CURLINFO_OS_ERRNO); nil where that is not known.
  ///   - isReused: whether an earlier response came over the same connection.
  static func make(
    _ code: CURLcode, _ text: String, _ errno: Errno?, for url: HTTPURL, isReused: Bool
  ) -> AdapterError {
    let said = text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    func error(
      _ kind: ErrorKind, _ message: String, hint: String? = nil, isRetryable: Bool = false
    ) -> AdapterError {
      AdapterError(
        kind, message, code: "CURLE \(code.rawValue)", hint: hint, isRetryable: isRetryable)
    }
    let host = url.authority
    switch code {
    case CURLE_RECV_ERROR where said.contains("Too large response headers"):
      return error(.protocolViolation, "\(host) sends too many header fields: \(said)")
    // What came too late behind the content of the response before.
    case CURLE_UNSUPPORTED_PROTOCOL where isReused && said.contains("HTTP/0.9"):
      return error(
        .temporary, "\(host) has sent more than it announced: \(said)", isRetryable: true)
    case CURLE_RECV_ERROR where said.contains("chunk"), CURLE_WEIRD_SERVER_REPLY,
      CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING, CURLE_READ_ERROR, CURLE_WRITE_ERROR,
      CURLE_ABORTED_BY_CALLBACK:
      return error(.protocolViolation, "\(host) does not keep to HTTP: \(said)")
    case CURLE_RECV_ERROR where said.contains("CONNECT tunnel failed"):
      return proxyRefusal(said)
    case CURLE_COULDNT_RESOLVE_HOST:
      return error(
        .unavailable, "no address is known for the host \(url.host)",
        hint: "is it spelt right? Is there a name server?")
    case CURLE_COULDNT_RESOLVE_PROXY:
      return error(
        .unavailable, "no address is known for the proxy",
        hint: "see http_proxy, https_proxy and all_proxy in the environment")
    case CURLE_COULDNT_CONNECT:
      return error(
        .unavailable, "cannot connect to \(host): \(connectFailure(said, errno, url))",
        hint: "is the server running, and the port right?")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_PINNEDPUBKEYNOTMATCH:
      return certificate(code, said, host)
    case CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CRL_BADFILE:
      return error(
        .config, "a certificate's file cannot be used: \(said)",
        hint: "it must be in PEM format, and the key must belong to the certificate")
    case CURLE_SSL_CONNECT_ERROR:
      return handshake(said, host)
    case CURLE_OPERATION_TIMEDOUT:
      return timedOut(said, host)
    case CURLE_GOT_NOTHING:
      return error(
        .temporary, "\(host) closed the connection without an answer", isRetryable: true)
    case CURLE_PARTIAL_FILE, CURLE_HTTP2_STREAM, CURLE_RECV_ERROR, CURLE_SEND_ERROR,
      CURLE_HTTP2, CURLE_SEND_FAIL_REWIND:
      return error(
        .temporary, "the connection to \(host) broke: \(said)",
        hint: "what has arrived is not all of the response", isRetryable: true)
    case CURLE_URL_MALFORMAT:
      return error(.usage, "malformed URL \(url): \(said)")
    case CURLE_PROXY:
      return error(.unavailable, "the proxy refuses: \(said)")
    case CURLE_OUT_OF_MEMORY:
      return error(.io, "there is no memory left for \(url)")
    default:
      return error(.failed, "\(url): \(said)")
    }
  }

  /// Why there is no connection, without the place, unless it is a proxy's.
  ///
  /// libcurl's words are "Failed to connect to HOST port N after 0 ms: Couldn't connect to server".
  private static func connectFailure(_ said: String, _ errno: Errno?, _ url: HTTPURL) -> String {
    guard let errno else { return said }
    let host = url.host.filter { $0 != "[" && $0 != "]" }
    if said.contains("connect to \(host) port ") { return errno.message }
    let place = said.split(separator: " ").prefix { $0 != "after" }.joined(separator: " ")
    return "\(place): \(errno.message)"
  }

  private static func proxyRefusal(_ said: String) -> AdapterError {
    let wantsUser = said.contains("407")
    return AdapterError(
      wantsUser ? .denied : .unavailable, "the proxy refuses: \(said)",
      code: "CURLE \(CURLE_RECV_ERROR.rawValue)",
      hint: wantsUser
        ? "the proxy's URL can hold a user and a password"
        : "does the proxy reach the server, and may it?")
  }

  private static func certificate(
    _ code: CURLcode, _ said: String, _ host: String
  ) -> AdapterError {
    let (reason, hint) =
      if code == CURLE_SSL_PINNEDPUBKEYNOTMATCH {
        ("its key is not the pinned one", "is it the right server? Has its key been changed?")
      } else if said.contains("expired") {
        ("it has expired", "renew it on the server; --insecure goes on without checking")
      } else if said.contains("not yet valid") {
        ("it is not valid yet", "is the clock of this machine right?")
      } else if said.contains("subject name") || said.contains("does not match") {
        ("it is not made out to this host", "connect by a name that it holds")
      } else if said.contains("self-signed") || said.contains("self signed")
        || said.contains("issuer")
      {
        ("nobody who is trusted has signed it", "--cacert FILE trusts the certificates in FILE")
      } else {
        (said, "--cacert FILE trusts other authorities; --insecure does not check")
      }
    return AdapterError(
      .denied, "the certificate of \(host) is not good: \(reason)", code: "CURLE \(code.rawValue)",
      hint: hint)
  }

  private static func handshake(_ said: String, _ host: String) -> AdapterError {
    let wantsCertificate = said.contains("certificate required") || said.contains("bad certificate")
    let isPlain = said.contains("wrong version number") || said.contains("packet length too long")
    let isCut =
      said.contains("SSL_ERROR_SYSCALL") || said.contains("unexpected eof")
      || said.contains("Connection reset by peer") || said.contains("Broken pipe")
    return AdapterError(
      wantsCertificate ? .denied : isPlain ? .protocolViolation : .unavailable,
      "no TLS connection to \(host): \(said)", code: "CURLE \(CURLE_SSL_CONNECT_ERROR.rawValue)",
      hint: wantsCertificate
        ? "the server wants a certificate: --cert FILE --key FILE"
        : isPlain
          ? "the port does not speak TLS; try http:"
          : isCut ? "the server ended the connection: does the port speak TLS? Try http:" : nil)
  }

  private static func timedOut(_ said: String, _ host: String) -> AdapterError {
    let isConnecting = said.contains("onnect") || said.contains("esolving")
    return AdapterError(
      isConnecting ? .unavailable : .temporary,
      isConnecting
        ? "no connection to \(host) in time: \(said)" : "\(host) sends nothing more: \(said)",
      code: "CURLE \(CURLE_OPERATION_TIMEDOUT.rawValue)",
      hint: said.contains("SSL connection timeout")
        ? "does the port speak TLS? Try http:, or raise --connect-timeout if it takes longer"
        : isConnecting ? "raise --connect-timeout if it takes longer" : "raise --idle-timeout",
      isRetryable: true)
  }
}
