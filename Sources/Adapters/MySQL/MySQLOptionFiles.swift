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
    for line in String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let text = Self.trimmed(line)
      if text.hasPrefix("!") {
        include(text, depth)
      } else if text.hasPrefix("[") {
        isOurs = Self.groups.contains(String(text.dropFirst().prefix { $0 != "]" }))
      } else if isOurs, let first = text.first, first != "#", first != ";" {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        var name = Self.trimmed(parts[0]).split(separator: "_", omittingEmptySubsequences: false)
          .joined(separator: "-")
        if name.hasPrefix("loose-") { name.removeFirst(6) }
        options[name] = parts.count > 1 ? Self.value(parts[1]) : "true"
      }
    }
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
  func completed(by files: MySQLOptionFiles) -> Target.Address {
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
        address.host = options["port"].map { "\(name):\($0)" } ?? name
      } else if let socket = options["socket"] {
        address.settings.append(Target.Setting(key: "socket", value: socket))
      }
    }
    let taken = Set(settings.map { MySQLSettings.canonicalName($0.key) })
    for (name, value) in options.sorted(by: { $0.key < $1.key }) {
      let canonical = MySQLSettings.canonicalName(name)
      guard MySQLSettings.fileSettings.contains(canonical), !taken.contains(canonical) else {
        continue
      }
      address.settings.append(Target.Setting(key: canonical, value: value))
    }
    return address
  }
}
