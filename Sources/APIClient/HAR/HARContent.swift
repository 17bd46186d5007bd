import AdapterCore
import JSON
import Platform

/// The beginning of a content, and how much there was.
struct HARContent {
  /// More is not recorded: a download would be there twice.
  static let limit = 1 << 20

  private(set) var bytes: [UInt8] = []
  private(set) var byteCount = 0

  var isCut: Bool { byteCount > bytes.count }

  mutating func append(_ piece: BorrowedBytes) {
    byteCount += piece.count
    bytes += piece.prefix(Self.limit - bytes.count)
  }

  /// A request's content, where it is in memory.
  init(_ body: (any HTTPBody)?) {
    byteCount = body?.byteCount ?? 0
    if let body = body as? HTTPBytesBody { bytes = Array(body.bytes.prefix(Self.limit)) }
  }

  init() {}

  /// The members `text` and, for what is no text, `encoding`; with a comment where it is not whole.
  func members(type: String, _ redaction: HARRedaction) -> [(String, JSONValue)] {
    guard byteCount > 0 else { return [] }
    if isCut, !redaction.showsSecrets, HARRedaction.mayHoldSecrets(type) {
      return [("comment", "left out: too long to look through for secrets")]
    }
    let comment: [(String, JSONValue)] =
      isCut ? [("comment", .string("the first \(bytes.count) of \(byteCount) bytes"))] : []
    guard let text = String(validating: bytes, as: UTF8.self) else {
      return [("text", .string(Base64.text(of: bytes))), ("encoding", "base64")] + comment
    }
    return [("text", .string(redaction.content(text, type: type)))] + comment
  }
}
