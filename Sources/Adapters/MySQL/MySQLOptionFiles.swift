import AdapterCore
import Platform

/// What MySQL's option files say for clients: defaults below a URL or profile.
/// https://mariadb.com/kb/en/configuring-mariadb-with-option-files/
struct MySQLOptionFiles {
  /// Groups that count, as for the server's own client.
  private static let groups: Set<String> = ["client", "client-server", "client-mariadb", "nb"]
  /// Deeper nesting of !include is a loop.
  private static let maximumDepth = 8

  /// Options by their names with dashes, the last one where there are several.
  private(set) var options: [String: String] = [:]
  /// Where each of them stands.
  private var places: [String: SourcePosition] = [:]

  /// Reads the system's files and the user's; those that are not there or not readable count as empty.
  init(home: String?) {
    var paths = ["/etc/my.cnf", "/etc/mysql/my.cnf"]
    if let home { paths.append(home + "/.my.cnf") }
    for path in paths { read(path, depth: 0) }
  }

  /// For tests: one file.
  init(path: String) { read(path, depth: 0) }

  private mutating func read(_ path: String, depth: Int) {
    guard depth < Self.maximumDepth, let file = try? SmallFile(reading: path, limit: 1 << 20) else {
      return
    }
    var isOurs = false
    let lines = file.bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // Most lines are comments, of which no text is made.
    for (index, line) in lines.enumerated() {
      let bytes = line.drop { $0 == UInt8(ascii: " ") || (0x09...0x0D).contains($0) }
      guard let first = bytes.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";")
      else { continue }
      let text = Self.trimmed(Substring(String(decoding: bytes, as: UTF8.self)))
      if first == UInt8(ascii: "!") {
        include(text, depth)
      } else if first == UInt8(ascii: "[") {
        isOurs = Self.groups.contains(String(text.dropFirst().prefix { $0 != "]" }))
      } else if isOurs {
        take(text, SourcePosition(file: path, line: index + 1))
      }
    }
  }

  private mutating func take(_ line: Substring, _ place: SourcePosition) {
    let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    var name = Self.trimmed(parts[0]).split(separator: "_", omittingEmptySubsequences: false)
      .joined(separator: "-")
    if name.hasPrefix("loose-") { name.removeFirst(6) }
    options[name] = parts.count > 1 ? Self.value(parts[1]) : "true"
    places[name] = place
  }

  /// The option as a setting, of this name, of a target.
  func setting(_ name: String, as key: String) -> Target.Setting? {
    options[name].map { Target.Setting(key: key, value: $0, position: places[name]) }
  }

  private mutating func include(_ line: Substring, _ depth: Int) {
    let words = line.split(separator: " ", maxSplits: 1)
    guard words.count == 2 else { return }
    let path = String(Self.trimmed(words[1]))
    switch words[0] {
    case "!include": read(path, depth: depth + 1)
    case "!includedir":
      let names = (try? FileSystem.names(in: path)) ?? []
      for name in names where name.hasSuffix(".cnf") {
        read(path + "/" + name, depth: depth + 1)
      }
    default: break
    }
  }

  /// Quotes around the whole are taken off, and escapes are resolved.
  private static func value(_ text: Substring) -> String {
    var text = trimmed(text)
    if let quote = text.first, quote == "'" || quote == "\"",
      let end = text.dropFirst().firstIndex(of: quote)
    {
      text = text[text.index(after: text.startIndex)..<end]
    } else if let comment = text.firstIndex(of: "#") {
      text = trimmed(text[..<comment])
    }
    var value = ""
    var isEscaped = false
    for character in text {
      guard isEscaped || character == "\\" else {
        value.append(character)
        continue
      }
      if isEscaped {
        switch character {
        case "n": value.append("\n")
        case "t": value.append("\t")
        case "s": value.append(" ")
        case "\\", "'", "\"": value.append(character)
        default: value += "\\" + String(character)
        }
      }
      isEscaped.toggle()
    }
    return value
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text = text.dropLast() }
    return text
  }
}

extension Target.Address {
  /// The address with what the option files say where it says nothing itself.
  ///
  /// Throws `config` for a port that is none.
  func completed(by files: MySQLOptionFiles) throws(AdapterError) -> Target.Address {
    var address = self
    let options = files.options
    if user == nil { address.user = options["user"] }
    // A password belongs to its user.
    if password == nil, address.user == options["user"] || options["user"] == nil {
      address.password = options["password"].map(Secret.init)
    }
    if path.drop(while: { $0 == "/" }).isEmpty, let database = options["database"] {
      address.path = "/" + database
    }
    if host == nil, setting("socket") == nil {
      if let name = options["host"], name != "localhost" {
        address.host = name
        if let port = files.setting("port", as: "port") {
          guard UInt16(port.value) ?? 0 > 0 else {
            throw port.error("port takes a number from 1 to 65535, not '\(port.value)'")
          }
          address.host = "\(name):\(port.value)"
        }
      } else if let socket = files.setting("socket", as: "socket") {
        address.settings.append(socket)
      }
    }
    let taken = Set(settings.map { MySQLSettings.canonicalName($0.key) })
    for name in options.keys.sorted() {
      let canonical = MySQLSettings.canonicalName(name)
      guard MySQLSettings.fileSettings.contains(canonical), !taken.contains(canonical),
        let setting = files.setting(name, as: canonical)
      else { continue }
      address.settings.append(setting)
    }
    return address
  }
}
