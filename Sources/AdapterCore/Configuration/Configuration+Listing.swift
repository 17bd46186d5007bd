/// What `nb config` shows: secrets hidden, values of profiles beside nb's own keys.
extension Configuration {
  /// Every key with the value that counts, nil where it is set nowhere and has no fixed default; then
  /// the keys of all profiles.
  public func list() throws(AdapterError) -> [(name: String, value: Value?)] {
    var list: [(name: String, value: Value?)] = []
    for key in ConfigKey.all { list.append((key.name, try values(of: key).first)) }
    for profile in try profiles() {
      for entry in profile.entries {
        list.append(("profile.\(profile.name).\(entry.key)", value(entry, profile.scope)))
      }
    }
    return list
  }

  /// Every value of the key, the one that counts first. A profile counts whole, so that a user's
  /// value follows even where the project's profile of the same name does not have the key.
  ///
  /// Throws `usage` for a key that does not exist, `notFound` for an unknown profile.
  public func values(named name: String) throws(AdapterError) -> [Value] {
    if let key = ConfigKey.named(name) { return try values(of: key) }
    try ConfigEdit.check(name)
    let parts = name.split(separator: ".", maxSplits: 2).map(String.init)
    let winner = try profile(parts[1])
    guard winner.entry(parts[2]) != nil else { return [] }
    var values: [Value] = []
    for candidate in try files().flatMap(\.profiles) where candidate.name == winner.name {
      if let entry = candidate.entry(parts[2]) { values.append(value(entry, candidate.scope)) }
    }
    return values
  }

  private func value(_ entry: ConfigFile.Entry, _ scope: ConfigFile.Scope) -> Value {
    Value(text: entry.shownValue, source: .file(scope, entry.position))
  }
}

extension ConfigFile.Entry {
  /// The value with `***` in place of a secret that is written out; a reference to one is shown.
  var shownValue: String {
    if key == "url", case .address(let address)? = try? Target.parse(value),
      address.password != nil || address.settings.contains(where: { Secret.isSecretName($0.key) })
    {
      return address.redacted
    }
    guard Secret.isSecretName(key), key != "password_command", SecretReference(value).isLiteral
    else { return value }
    return "***"
  }
}
