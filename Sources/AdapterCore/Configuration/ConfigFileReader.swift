import Platform

/// Turns a TOML document into settings and profiles, refusing what nb does not know.
struct ConfigFileReader {
  let path: String
  let scope: ConfigFile.Scope
  let isExposed: Bool
  private(set) var entries: [ConfigFile.Entry] = []
  private(set) var profiles: [ConfigFile.Profile] = []

  init(path: String, scope: ConfigFile.Scope, isExposed: Bool) {
    self.path = path
    self.scope = scope
    self.isExposed = isExposed
  }

  mutating func read(_ document: TOMLDocument) throws(AdapterError) {
    for entry in document.entries {
      if entry.path.first == "profile" {
        try readProfile(entry)
      } else {
        try readSetting(entry)
      }
    }
    for profile in profiles { try check(profile) }
  }

  // MARK: - Settings

  private mutating func readSetting(_ entry: TOMLDocument.Entry) throws(AdapterError) {
    let name = entry.path.joined(separator: ".")
    if entry.kind == .table || entry.kind == .inlineTable {
      guard ConfigKey.all.contains(where: { $0.name.hasPrefix(name + ".") }) else {
        throw unknownKey(name, entry)
      }
      return
    }
    guard let key = ConfigKey.named(name) else { throw unknownKey(name, entry) }
    guard isAllowed(entry.kind, for: key), let value = key.normalize(entry.value) else {
      let given =
        entry.kind == .string || isAllowed(entry.kind, for: key)
        ? "'\(entry.value)'" : entry.kind.description
      throw error(
        "\(name) \(key.requirement), not \(given)", at: entry,
        hint: key.suggestion(for: entry.value))
    }
    entries.append(
      ConfigFile.Entry(
        key: name, value: key.kind == .path ? resolve(value) : value, position: position(entry)))
  }

  private func isAllowed(_ kind: TOMLDocument.Kind, for key: ConfigKey) -> Bool {
    switch key.kind {
    case .text, .path, .choice: kind == .string
    case .boolean: kind == .boolean
    case .integer: kind == .integer
    case .duration: kind == .string || kind == .integer || kind == .float
    }
  }

  // MARK: - Profiles

  private mutating func readProfile(_ entry: TOMLDocument.Entry) throws(AdapterError) {
    guard entry.path.count > 1 else {
      guard entry.kind == .table || entry.kind == .inlineTable else {
        throw error(
          "profile takes tables, not \(entry.kind.description)", at: entry,
          hint: "write [profile.NAME], then url = \"…\"")
      }
      return
    }
    let name = entry.path[1]
    let isTable = entry.kind == .table || entry.kind == .inlineTable
    if entry.path.count == 2 {
      guard isTable else {
        throw error(
          "profile.\(name) takes a table, not \(entry.kind.description)", at: entry,
          hint: "write [profile.\(name)], then url = \"…\"")
      }
      guard !name.isEmpty, name.utf8.allSatisfy(ConfigFile.isProfileNameByte) else {
        throw error(
          "'\(name)' is no name for a profile: letters, digits, '_' and '-' make one", at: entry)
      }
      let folder = FileSystem.parent(of: path)
      profiles.append(
        ConfigFile.Profile(
          name: name, scope: scope, entries: [], position: position(entry),
          folder: folder == "." ? nil : folder, isExposed: isExposed))
    } else if !isTable {
      try readProfileSetting(entry)
    }
  }

  private mutating func readProfileSetting(_ entry: TOMLDocument.Entry) throws(AdapterError) {
    let key = entry.path.dropFirst(2).joined(separator: ".")
    switch entry.kind {
    case .string, .integer, .float, .boolean: break
    default:
      throw error(
        "\(entry.path.joined(separator: ".")) takes a text, a number or a boolean, not "
          + entry.kind.description, at: entry)
    }
    if Self.placeKeys.contains(key), entry.kind != .string {
      throw error(
        "\(key) takes a text, not \(entry.kind.description)", at: entry,
        hint: "write \(key) = \"\(entry.value)\" if that is what you mean")
    }
    if scope == .project, key == "password_command" || runsCommand(key, entry.value) {
      throw error(
        "\(key) would run a command, which a project's file may not", at: entry,
        hint: "move [profile.\(entry.path[1])] to your own file; see `nb config path`")
    }
    guard let index = profiles.firstIndex(where: { $0.name == entry.path[1] }) else { return }
    profiles[index].entries.append(
      ConfigFile.Entry(key: key, value: entry.value, position: position(entry)))
  }

  private func runsCommand(_ key: String, _ value: String) -> Bool {
    Secret.isSecretName(key) && SecretReference(value).runsCommand
  }

  /// What says where a profile's system is; each has just one of them.
  private static let placeKeys = ["url", "path", "base_url", "broker_url"]

  private func check(_ profile: ConfigFile.Profile) throws(AdapterError) {
    let places = Self.placeKeys.compactMap(profile.entry)
    if places.count > 1 {
      throw AdapterError(
        .config, "profile \(profile.name) has both \(places[0].key) and \(places[1].key)",
        position: places[0].position, hint: "keep one of them")
    }
    guard let place = places.first else {
      let similar = profile.entries.lazy.map(\.key).first {
        closestMatch(to: $0, in: Self.placeKeys) != nil
      }
      throw AdapterError(
        .config, "profile \(profile.name) has neither url nor path", position: profile.position,
        hint: similar.map { "is '\($0)' meant to be one of them?" }
          ?? "add url = \"SCHEME://…\", path = \"FILE\" or base_url = \"https://…\"")
    }
    if place.key == "url" || place.key == "broker_url" { _ = try ProfileResolver.parse(place) }
    if place.key == "base_url" { _ = try ProfileResolver.parseBase(place) }
    if let command = profile.entry("password_command"), profile.entry("password") != nil {
      throw AdapterError(
        .config, "profile \(profile.name) has both password and password_command",
        position: command.position, hint: "keep one of them")
    }
  }

  // MARK: - Paths and errors

  private func resolve(_ value: String) -> String {
    ConfigPath.resolve(value, folder: FileSystem.parent(of: path))
  }

  private func position(_ entry: TOMLDocument.Entry) -> SourcePosition {
    SourcePosition(file: path, line: entry.keyPlace.line, column: entry.keyPlace.column)
  }

  private func error(
    _ message: String, at entry: TOMLDocument.Entry, hint: String? = nil
  ) -> AdapterError {
    AdapterError(.config, message, position: position(entry), hint: hint)
  }

  private func unknownKey(_ name: String, _ entry: TOMLDocument.Entry) -> AdapterError {
    let names = ConfigKey.all.map(\.name)
    let guess = closestMatch(to: name, in: names + ["profile"])
    return error(
      "unknown key '\(name)'", at: entry,
      hint: guess.map { "did you mean '\($0)'?" } ?? "`nb config list` shows the keys there are")
  }
}
