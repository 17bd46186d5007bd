import AdapterCore
import CRabbitMQ

/// What the broker and the library report, as errors of nb.
enum RabbitMQErrors {
  /// Codes of AMQP 0-9-1, section 1.1.
  enum Code {
    static let connectionForced = 320
    static let accessRefused = 403
    static let notFound = 404
    static let resourceLocked = 405
    static let preconditionFailed = 406
    static let notAllowed = 530
    static let internalError = 541
  }

  /// The error of a reply that is none; nil for one that is good.
  static func error(
    _ reply: amqp_rpc_reply_t, doing what: String, at place: String
  ) -> AdapterError? {
    switch reply.reply_type {
    case AMQP_RESPONSE_NORMAL: return nil
    case AMQP_RESPONSE_SERVER_EXCEPTION:
      guard let (code, text) = exception(reply.reply) else { break }
      return exception(code, text, doing: what, at: place)
    case AMQP_RESPONSE_LIBRARY_EXCEPTION:
      return library(reply.library_error, doing: what, at: place)
    default: break
    }
    return library(Int32(AMQP_STATUS_CONNECTION_CLOSED.rawValue), doing: what, at: place)
  }

  /// Code and text of channel.close or connection.close.
  static func exception(_ method: amqp_method_t) -> (code: Int, text: String)? {
    guard let decoded = method.decoded else { return nil }
    if method.id == AMQP_CHANNEL_CLOSE_METHOD {
      let close = decoded.assumingMemoryBound(to: amqp_channel_close_t.self).pointee
      return (Int(close.reply_code), close.reply_text.text)
    }
    guard method.id == AMQP_CONNECTION_CLOSE_METHOD else { return nil }
    let close = decoded.assumingMemoryBound(to: amqp_connection_close_t.self).pointee
    return (Int(close.reply_code), close.reply_text.text)
  }

  static func exception(
    _ code: Int, _ text: String, doing what: String, at place: String
  ) -> AdapterError {
    let kind: ErrorKind
    var hint: String?
    var isRetryable = false
    switch code {
    case Code.accessRefused:
      kind = .denied
      hint = "check user, password and permissions: rabbitmqctl list_user_permissions"
    case Code.notFound where text.contains("down or inaccessible"),
      Code.connectionForced, Code.internalError:
      // A broker that starts or stops.
      kind = .temporary
      isRetryable = true
    case Code.notFound: kind = .notFound
    case Code.resourceLocked, Code.preconditionFailed: kind = .conflict
    case Code.notAllowed where text.contains("not found"):
      kind = .notFound
      hint = "the virtual host is the URL's path: amqp://HOST/VHOST; alone it is '/'"
    case Code.notAllowed:
      kind = .denied
      hint = "the user has no permissions there: rabbitmqctl set_permissions -p VHOST USER"
    default: kind = .failed
    }
    return AdapterError(
      kind, "cannot \(what) at \(place): \(text)", code: "\(code)", hint: hint,
      isRetryable: isRetryable)
  }

  static func library(_ status: Int32, doing what: String, at place: String) -> AdapterError {
    let text = amqp_error_string2(status).map { String(cString: $0) } ?? "error \(status)"
    func error(_ kind: ErrorKind, _ hint: String? = nil, isRetryable: Bool = false) -> AdapterError
    {
      AdapterError(
        kind, "cannot \(what) at \(place): \(text)", hint: hint, isRetryable: isRetryable)
    }
    switch amqp_status_enum_(rawValue: status) {
    case AMQP_STATUS_SSL_PEER_VERIFY_FAILED:
      return error(.denied, "cacertfile=FILE names the authority that signed its certificate")
    case AMQP_STATUS_SSL_HOSTNAME_VERIFY_FAILED:
      return error(.denied, "the certificate is for another host: use the name that it holds")
    case AMQP_STATUS_BAD_AMQP_DATA, AMQP_STATUS_UNKNOWN_CLASS, AMQP_STATUS_UNKNOWN_METHOD,
      AMQP_STATUS_INCOMPATIBLE_AMQP_VERSION, AMQP_STATUS_WRONG_METHOD:
      return error(.protocolViolation, "is this an AMQP 0-9-1 broker, and this its port?")
    case AMQP_STATUS_TABLE_TOO_BIG:
      return error(.data, "headers must fit into a frame of 128 KiB")
    case AMQP_STATUS_NO_MEMORY, AMQP_STATUS_INVALID_PARAMETER, AMQP_STATUS_TIMER_FAILURE:
      return error(.bug)
    case AMQP_STATUS_BROKER_UNSUPPORTED_SASL_METHOD:
      return error(.denied, "the broker must allow it: auth_mechanisms")
    default: return error(.temporary, isRetryable: true)
    }
  }

  /// Whether the broker closed the channel alone: the connection goes on.
  static func isOfChannel(_ reply: amqp_rpc_reply_t) -> Bool {
    reply.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION
      && reply.reply.id == AMQP_CHANNEL_CLOSE_METHOD
  }
}
