import AdapterCore
import COpenSSL
import Platform

/// TLS over one socket (ssl(7)).
///
/// OpenSSL writes by write(2): the process must ignore SIGPIPE, as nb does from its start.
final class TLSSession {
  /// What a step came to.
  enum Step: Equatable {
    /// How many bytes; 0: the peer's end of the stream.
    case done(Int)
    /// Again once the socket is so.
    case wants(Readiness)
  }

  private let endpoint: TransportEndpoint
  private let context: OpaquePointer
  private let session: OpaquePointer

  /// Throws `unavailable` without OpenSSL, `config` for a file that is no certificate or key.
  init(
    _ socket: Socket, to endpoint: TransportEndpoint, _ options: TLSOptions, protocols: [String]
  ) throws(AdapterError) {
    try Transport.library.require()
    self.endpoint = endpoint
    guard let context = SSL_CTX_new(TLS_client_method()) else { throw Self.noMemory }
    guard let session = try Self.session(context, options) else { throw Self.noMemory }
    self.context = context
    self.session = session
    SSL_set_fd(session, socket.rawValue)
    if case .tcp(let host, _) = endpoint { try name(host) }
    offer(protocols)
  }

  deinit {
    SSL_free(session)
    SSL_CTX_free(context)
  }

  private static let noMemory = AdapterError(.io, "there is no memory left for TLS")

  // MARK: Setting up

  /// Frees the context when it throws.
  private static func session(
    _ context: OpaquePointer, _ options: TLSOptions
  ) throws(AdapterError) -> OpaquePointer? {
    do throws(AdapterError) {
      try configure(context, options)
    } catch {
      SSL_CTX_free(context)
      throw error
    }
    let session = SSL_new(context)
    if session == nil { SSL_CTX_free(context) }
    return session
  }

  private static func configure(
    _ context: OpaquePointer, _ options: TLSOptions
  ) throws(AdapterError) {
    ERR_clear_error()
    nb_ssl_set_modes(context)
    guard nb_ssl_set_minimum_version(context) == 1 else {
      throw AdapterError(.unavailable, "this OpenSSL does not speak TLS 1.2")
    }
    SSL_CTX_set_verify(context, options.verifiesServer ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
    if let file = options.authorityFile {
      guard SSL_CTX_load_verify_file(context, file) == 1 else {
        throw TransportErrors.badFile(file)
      }
    } else if options.verifiesServer {
      SSL_CTX_set_default_verify_paths(context)
    }
    guard let certificate = options.certificateFile else { return }
    guard SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
      throw TransportErrors.badFile(certificate)
    }
    let key = options.keyFile ?? certificate
    var password = Array((options.keyPassword?.reveal() ?? "").utf8CString)
    let isUsable = password.withUnsafeMutableBufferPointer { bytes in
      nb_ssl_set_key_password(context, options.keyPassword == nil ? nil : bytes.baseAddress)
      defer { nb_ssl_set_key_password(context, nil) }
      return SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1
    }
    guard isUsable else { throw TransportErrors.badFile(key) }
  }

  /// Says which host is meant (SNI, RFC 6066), and demands its name in the certificate.
  private func name(_ host: String) throws(AdapterError) {
    if SocketAddress.isNumeric(host) {
      guard nb_ssl_set_address(session, host) == 1 else { throw Self.noMemory }
      return
    }
    SSL_set_hostflags(session, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    guard SSL_set1_host(session, host) == 1, nb_ssl_set_server_name(session, host) == 1 else {
      throw Self.noMemory
    }
  }

  /// ALPN's list: each name behind its length.
  private func offer(_ protocols: [String]) {
    guard !protocols.isEmpty else { return }
    var list: [UInt8] = []
    for name in protocols where name.utf8.count < 256 {
      list.append(UInt8(name.utf8.count))
      list += name.utf8
    }
    SSL_set_alpn_protos(session, list, UInt32(list.count))
  }

  /// The protocol that the server has chosen of those offered; nil for none.
  var negotiatedProtocol: String? {
    var name: UnsafePointer<UInt8>?
    var count: UInt32 = 0
    SSL_get0_alpn_selected(session, &name, &count)
    guard let name, count > 0 else { return nil }
    return String(decoding: UnsafeBufferPointer(start: name, count: Int(count)), as: UTF8.self)
  }

  // MARK: Steps

  func handshake() throws(AdapterError) -> Step {
    try step { SSL_connect(session) }
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Step {
    let count = Int32(clamping: buffer.count)
    return try step { SSL_read(session, buffer.baseAddress, count) }
  }

  func write(_ bytes: UnsafeRawBufferPointer) throws(AdapterError) -> Step {
    let count = Int32(clamping: bytes.count)
    return try step { SSL_write(session, bytes.baseAddress, count) }
  }

  /// Tells the peer that nothing more comes; its own end is not waited for.
  func finishWriting() {
    ERR_clear_error()
    SSL_shutdown(session)
  }

  private func step(_ call: () -> Int32) throws(AdapterError) -> Step {
    ERR_clear_error()
    let result = call()
    if result > 0 { return .done(Int(result)) }
    let errno = Errno.current
    switch SSL_get_error(session, result) {
    case SSL_ERROR_WANT_READ: return .wants(.readable)
    case SSL_ERROR_WANT_WRITE: return .wants(.writable)
    case SSL_ERROR_ZERO_RETURN: return .done(0)
    case SSL_ERROR_SYSCALL where errno.rawValue != 0:
      throw TransportErrors.broken(endpoint, errno)
    case SSL_ERROR_SYSCALL: throw TransportErrors.broken(endpoint, "it ended")
    default: throw failure()
    }
  }

  private func failure() -> AdapterError {
    let verification = SSL_get_verify_result(session)
    let said = TransportErrors.takeReason() ?? "unknown error"
    if said.contains("certificate verify failed") {
      return TransportErrors.certificate(endpoint, verification)
    }
    if said.contains("unexpected eof") {
      return TransportErrors.broken(endpoint, "it ended without TLS's own end")
    }
    return TransportErrors.tls(endpoint, said)
  }
}
