import AdapterCore
import Platform

/// Content of the type multipart/form-data (RFC 7578), its files read while they are sent.
public final class MultipartBody: HTTPBody {
  fileprivate enum Part {
    case bytes([UInt8])
    case file(FileBody)
  }

  public let boundary: String
  private let parts: [Part]
  private var index = 0
  private var offset = 0

  fileprivate init(boundary: String, parts: [Part]) {
    self.boundary = boundary
    self.parts = parts
  }

  public var byteCount: Int? {
    var total = 0
    for part in parts {
      switch part {
      case .bytes(let bytes): total += bytes.count
      case .file(let file):
        guard let count = file.byteCount else { return nil }
        total += count
      }
    }
    return total
  }

  public var isRepeatable: Bool {
    parts.allSatisfy { if case .file(let file) = $0 { file.isRepeatable } else { true } }
  }

  public func rewind() throws(AdapterError) {
    for case .file(let file) in parts { try file.rewind() }
    index = 0
    offset = 0
  }

  public func read(into buffer: UnsafeMutableRawBufferPointer) throws(AdapterError) -> Int {
    while index < parts.count {
      var count = 0
      switch parts[index] {
      case .bytes(let bytes):
        count = min(buffer.count, bytes.count - offset)
        bytes.withUnsafeBytes { source in
          buffer.copyMemory(
            from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + count]))
        }
        offset += count
      case .file(let file): count = try file.read(into: buffer)
      }
      if count > 0 { return count }
      index += 1
      offset = 0
    }
    return 0
  }

  /// Collects the parts.
  struct Builder {
    private let boundary: String
    private var parts: [Part] = []

    init() {
      // 128 random bits: no content holds it by chance.
      let words = (0..<2).map { _ in String(UInt64.random(in: .min ... .max), radix: 36) }
      boundary = "nb-" + words.joined()
    }

    mutating func addField(_ name: String, _ text: String) {
      parts.append(.bytes(Array((head(name, more: "") + text + "\r\n").utf8)))
    }

    /// Opens the file; throws as that does.
    mutating func addFile(
      _ name: String, path: String, _ operation: OperationContext
    ) throws(AdapterError) {
      let file = try FileBody(path: path, operation)
      let fileName = path == "-" ? "stdin" : FileSystem.name(of: path)
      let more =
        "; filename=\"\(Self.quoted(fileName))\"\r\nContent-Type: "
        + MediaType.guess(fileName: fileName)
      parts.append(.bytes(Array(head(name, more: more).utf8)))
      parts.append(.file(file))
      parts.append(.bytes(Array("\r\n".utf8)))
    }

    func finish() -> MultipartBody {
      MultipartBody(
        boundary: boundary, parts: parts + [.bytes(Array("--\(boundary)--\r\n".utf8))])
    }

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
