import AdapterCore
import JSON
import Platform

/// What a later run must know to go on with a download: what the content was of, beside the content.
struct DownloadState: Equatable {
  var url: String
  /// A strong entity tag or a date (RFC 9110, section 13.1.5).
  var validator: String

  private static func path(for partial: PartialFile) -> String { partial.partialPath + "-of" }

  /// nil when there is none, or none that can be read.
  static func load(for partial: PartialFile) -> DownloadState? {
    guard let file = try? SmallFile(reading: path(for: partial), limit: 64 * 1024),
      let document = try? JSONParser.parse(file.bytes),
      let url = document["url"]?.string, let validator = document["validator"]?.string
    else { return nil }
    return DownloadState(url: url, validator: validator)
  }

  func save(for partial: PartialFile) throws(Errno) {
    let document: JSONValue = ["url": .string(url), "validator": .string(validator)]
    try SmallFile.replace(
      Self.path(for: partial), with: Array(document.text().utf8), mode: 0o600)
  }

  static func remove(for partial: PartialFile) { FileSystem.remove(path(for: partial)) }

  /// What a response says that makes its content recognisable; nil when nothing does, or when the
  /// server gives no parts.
  init?(_ head: HTTPResponseHead, of url: HTTPURL) {
    guard head.headers["Accept-Ranges"]?.lowercased() != "none" else { return nil }
    let tag = head.headers["ETag"].flatMap { $0.hasPrefix("W/") ? nil : $0 }
    guard let validator = tag ?? head.headers["Last-Modified"] else { return nil }
    self.url = url.text
    self.validator = validator
  }

  private init(url: String, validator: String) {
    self.url = url
    self.validator = validator
  }
}
