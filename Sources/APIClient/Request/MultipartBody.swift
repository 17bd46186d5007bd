import AdapterCore
import Platform

/// Content of the type multipart/form-data (RFC 7578), its files read while they are sent.
public final class MultipartBody: HTTPBody {
  /// What it is made of, in order.
  public enum Field {
    case text(name: String, String)
    case file(name: String, path: String, type: String)
  }

  public let boundary: String
  public let fields: [Field]
  private let parts: [any HTTPBody]
  /// The part that is being read.
  private var index = 0

  fileprivate init(boundary: String, fields: [Field], parts: [any HTTPBody]) {
    self.boundary = boundary
    self.fields = fields
    self.parts = parts
  }

  public var byteCount: Int? {
    var total = 0
    for part in parts {
      guard let count = part.byteCount else { return nil }
      total += count
    }
    return total
  }

  public var isRepeatable: Bool { parts.allSatisfy(\.isRepeatable) }

  public func rewind() throws(AdapterError) {
    for part in parts { try part.rewind() }
    index = 0
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int {
    while index < parts.count {
      let count = try parts[index].read(into: buffer)
      if count > 0 { return count }
      index += 1
    }
    return 0
  }

  /// Collects the parts.
  struct Builder {
    private let boundary: String
    private var fields: [Field] = []
    private var parts: [any HTTPBody] = []

    init() {
      // 128 random bits: no content holds it by chance.
      let words = (0..<2).map { _ in makeUniqueName() }
      boundary = "nb-" + words.joined()
    }

    mutating func addField(_ name: String, _ text: String) {
      fields.append(.text(name: name, text))
      append(head(name, more: "") + text + "\r\n")
    }

    /// Opens the file; throws as that does.
    mutating func addFile(
      _ name: String, path: String, _ operation: OperationContext
    ) throws(AdapterError) {
      let file = try FileBody(path: path, operation)
      let fileName = path == "-" ? "stdin" : FileSystem.name(of: path)
      let type = MediaType.guess(fileName: fileName)
      fields.append(.file(name: name, path: path, type: type))
      let more = "; filename=\"\(Self.quoted(fileName))\"\r\nContent-Type: \(type)"
      append(head(name, more: more))
      parts.append(file)
      append("\r\n")
    }

    mutating func finish() -> MultipartBody {
      append("--\(boundary)--\r\n")
      return MultipartBody(boundary: boundary, fields: fields, parts: parts)
    }

    private mutating func append(_ text: String) { parts.append(HTTPBytesBody(Array(text.utf8))) }

    private func head(_ name: String, more: String) -> String {
      "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(Self.quoted(name))\"\(more)\r\n\r\n"
    }

    /// Quotes and line breaks as browsers write them, so that neither ends the name.
    private static func quoted(_ text: String) -> String {
      var result = ""
      for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "%22"
        case "\r": result += "%0D"
        case "\n": result += "%0A"
        default: result.unicodeScalars.append(scalar)
        }
      }
      return result
    }
  }
}
