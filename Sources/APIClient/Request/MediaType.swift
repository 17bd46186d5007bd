/// Media types (RFC 9110, section 8.3.1).
public enum MediaType {
  /// Of files that people upload, by the ending of the name.
  private static let byEnding: [(ending: String, type: String)] = [
    ("json", "application/json"), ("ndjson", "application/x-ndjson"), ("txt", "text/plain"),
    ("csv", "text/csv"), ("html", "text/html"), ("xml", "application/xml"),
    ("yaml", "application/yaml"), ("yml", "application/yaml"), ("pdf", "application/pdf"),
    ("png", "image/png"), ("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("gif", "image/gif"),
    ("webp", "image/webp"), ("svg", "image/svg+xml"), ("zip", "application/zip"),
    ("gz", "application/gzip"), ("tar", "application/x-tar"), ("wasm", "application/wasm"),
    ("mp4", "video/mp4"), ("mp3", "audio/mpeg"),
  ]

  static func guess(fileName: String) -> String {
    let ending = fileName.split(separator: ".").last?.lowercased()
    return byEnding.first { $0.ending == ending }?.type ?? "application/octet-stream"
  }

  /// Whether content of this type is one document behind the other, each of use at once: NDJSON and
  /// its kin, and the watches of Kubernetes.
  public static func isSequence(_ contentType: String) -> Bool {
    let type = contentType.lowercased()
    return ["ndjson", "jsonl", "jsonlines", "stream+json", "stream=watch"].contains {
      type.contains($0)
    }
  }
}
