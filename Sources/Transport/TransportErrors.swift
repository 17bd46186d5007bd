import AdapterCore
import COpenSSL
import Platform

/// Failures of streams as errors of nb's; the words are those of the HTTP adapter.
enum TransportErrors {
  static func cannotConnect(_ endpoint: TransportEndpoint, _ errno: Errno?) -> AdapterError {
    AdapterError(
      .unavailable,
      "cannot connect to \(endpoint.displayName): \(errno?.message ?? "no address")",
      code: errno?.name, hint: "is the server running, and the port right?", isRetryable: true)
  }

  static func connectTimeout(_ endpoint: TransportEndpoint) -> AdapterError {
    AdapterError(
      .unavailable, "no connection to \(endpoint.displayName) in time",
      hint: "raise connect_timeout if it takes longer", isRetryable: true)
  }

  static func handshakeTimeout(_ endpoint: TransportEndpoint) -> AdapterError {
    var error = connectTimeout(endpoint)
    error.hint = "does the port speak TLS? Raise connect_timeout if it takes longer"
    return error
  }

  static func broken(_ endpoint: TransportEndpoint, _ reason: String, code: String? = nil)
    -> AdapterError
  {
    AdapterError(
      .temporary, "the connection to \(endpoint.displayName) broke: \(reason)", code: code,
      isRetryable: true)
  }

  static func broken(_ endpoint: TransportEndpoint, _ errno: Errno) -> AdapterError {
    broken(endpoint, errno.message, code: errno.name)
  }

  /// A certificate's, key's or authorities' file.
  static func badFile(_ path: String) -> AdapterError {
    AdapterError(
      .config, "a certificate's file cannot be used: \(path): \(takeReason() ?? "unreadable")",
      hint: "it must be in PEM format, and the key must belong to the certificate")
  }

  /// - Parameter result: of the verification (SSL_get_verify_result).
  static func certificate(_ endpoint: TransportEndpoint, _ result: Int) -> AdapterError {
    let said = String(cString: X509_verify_cert_error_string(result))
    let (reason, hint) =
      switch Int32(truncatingIfNeeded: result) {
      case X509_V_ERR_CERT_HAS_EXPIRED:
        ("it has expired", "renew it on the server; tls.verify=false goes on without checking")
      case X509_V_ERR_CERT_NOT_YET_VALID:
        ("it is not valid yet", "is the clock of this machine right?")
      case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
        ("it is not made out to this host", "connect by a name that it holds")
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
        X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        ("nobody who is trusted has signed it", "tls.ca=FILE trusts the certificates in FILE")
      default: (said, "tls.ca=FILE trusts other authorities; tls.verify=false does not check")
      }
    return AdapterError(
      .denied, "the certificate of \(endpoint.displayName) is not good: \(reason)",
      code: "X509 \(result)", hint: hint)
  }

  /// What OpenSSL refused or was refused; `said` is its own reason.
  static func tls(_ endpoint: TransportEndpoint, _ said: String) -> AdapterError {
    let wantsCertificate =
      said.contains("certificate required") || said.contains("bad certificate")
      || said.contains("unknown ca") || said.contains("handshake failure")
    let isPlain = said.contains("wrong version number") || said.contains("packet length too long")
    return AdapterError(
      wantsCertificate ? .denied : isPlain ? .protocolViolation : .unavailable,
      "no TLS connection to \(endpoint.displayName): \(said)",
      hint: wantsCertificate
        ? "the server wants a certificate that it knows: tls.cert=FILE&tls.key=FILE"
        : isPlain ? "the port does not speak TLS" : nil)
  }

  /// The first reason in the thread's queue of errors, which is emptied; nil for none.
  static func takeReason() -> String? {
    let code = ERR_get_error()
    ERR_clear_error()
    guard code != 0 else { return nil }
    if let reason = ERR_reason_error_string(code) { return String(cString: reason) }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
      ERR_error_string_n(code, buffer.baseAddress, buffer.count)
      return buffer.baseAddress.map { String(cString: $0) }
    }
  }
}
