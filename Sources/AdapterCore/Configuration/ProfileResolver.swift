import Platform

/// Makes an address of a profile, and fetches the secrets that an address refers to.
struct ProfileResolver {
  let operation: OperationContext

  /// The address of a profile: its `url`, `broker_url` or `path`, then every other key as a setting,
  /// which comes before the same one in the URL.
  func address(of profile: ConfigFile.Profile) throws(AdapterError) -> Target.Address {
    var address = try place(of: profile)
    for entry in profile.entries {
      switch entry.key {
      case "url", "broker_url", "path": continue
      case "user": address.user = entry.value
      case "password":
        address.password = try secret(entry, of: profile)
      case "password_command":
        address.password = try positioned(entry) { () throws(AdapterError) in
          try SecretCommand.run(entry.value, operation)
        }
      default:
        var value = entry.value
        if entry.key == "cookies" { value = try cookieFile(entry, of: profile) }
        if Secret.isSecretName(entry.key) { value = try secret(entry, of: profile).reveal() }
        address.settings.append(
          Target.Setting(key: entry.key, value: value, position: entry.position))
      }
    }
    return address
  }

  /// `true` is a file of the profile's own, `false` is none, and a path starts from the
  /// configuration file's folder.
  private func cookieFile(
    _ entry: ConfigFile.Entry, of profile: ConfigFile.Profile
  ) throws(AdapterError) -> String {
    switch entry.value {
    case "false": return ""
    case "true":
      if let path = BaseDirectory.state.cookieFile(named: profile.name) { return path }
      throw AdapterError(
        .config, "there is no place for the profile's cookies", position: entry.position,
        hint: "write a path for true, or set XDG_STATE_HOME or HOME")
    default: return ConfigPath.resolve(entry.value, folder: profile.folder)
    }
  }

  /// The profile's `url`, `broker_url` or `path`, relative files taken from the configuration file's
  /// folder.
  private func place(of profile: ConfigFile.Profile) throws(AdapterError) -> Target.Address {
    if let file = profile.entry("path") {
      return Target.Address(
        scheme: "sqlite",
        path: file.value == ":memory:"
          ? file.value : ConfigPath.resolve(file.value, folder: profile.folder))
    }
    if let base = profile.entry("base_url") {
      // Kept as it is, as a setting: a path of this kind of URL is not to be decoded.
      return Target.Address(scheme: try Self.parseBase(base).url.scheme, path: "")
    }
    guard let url = profile.entry("url") ?? profile.entry("broker_url") else {
      throw AdapterError(.bug, "profile \(profile.name) was read without its place")
    }
    var address = try Self.parse(url)
    if address.host == nil, address.path != ":memory:",
      address.scheme == "sqlite" || address.scheme == "file"
    {
      address.path = ConfigPath.resolve(address.path, folder: profile.folder)
    }
    for index in address.settings.indices { address.settings[index].position = url.position }
    if address.password != nil { warnIfExposed(profile, url.position) }
    return try positioned(url) { () throws(AdapterError) in
      try fetchSecrets(of: address, folder: profile.folder)
    }
  }

  /// The address in a profile's `url` or `broker_url`; throws `config` with its place.
  static func parse(_ url: ConfigFile.Entry) throws(AdapterError) -> Target.Address {
    do throws(AdapterError) {
      if case .address(let address) = try Target.parse(url.value) { return address }
    } catch {
      throw AdapterError(.config, error.message, position: url.position, hint: error.hint)
    }
    throw AdapterError(
      .config, "\(url.key) names another profile", position: url.position,
      hint: "write the place itself: a URL or a path")
  }

  /// The URL in a profile's `base_url`; throws `config` with its place.
  static func parseBase(
    _ base: ConfigFile.Entry
  ) throws(AdapterError) -> HTTPURL.WithCredentials {
    do throws(AdapterError) {
      return try HTTPURL.parse(base.value)
    } catch {
      throw AdapterError(.config, error.message, position: base.position, hint: error.hint)
    }
  }

  /// Replaces references in settings that hold secrets, and makes `?password=` the password.
  ///
  /// Throws `usage` for a reference that would run a command: URLs come from everywhere.
  func fetchSecrets(
    of address: Target.Address, folder: String? = nil
  ) throws(AdapterError) -> Target.Address {
    var address = address
    for index in address.settings.indices.reversed()
    where Secret.isSecretName(address.settings[index].key) {
      let setting = address.settings[index]
      let reference = SecretReference(setting.value)
      guard !reference.runsCommand else {
        throw setting.error(
          "\(setting.key) in a URL may not run a command",
          hint: "set password_command in a profile, or use env:NAME, file:PATH or fd:N")
      }
      let secret = try reference.fetch(folder: folder, operation)
      if setting.key == "password" {
        address.settings.remove(at: index)
        address.password = address.password ?? secret
      } else {
        address.settings[index].value = secret.reveal()
      }
    }
    return address
  }

  private func secret(
    _ entry: ConfigFile.Entry, of profile: ConfigFile.Profile
  ) throws(AdapterError) -> Secret {
    let reference = SecretReference(entry.value)
    if reference.isLiteral { warnIfExposed(profile, entry.position) }
    return try positioned(entry) { () throws(AdapterError) in
      try reference.fetch(folder: profile.folder, operation)
    }
  }

  private func warnIfExposed(_ profile: ConfigFile.Profile, _ position: SourcePosition) {
    guard profile.isExposed, let file = position.file else { return }
    operation.note("\(file) holds a password that others can read; try: chmod 600 \(file)")
  }

  /// Runs `body`; an error without a place gets the entry's.
  private func positioned<Result>(
    _ entry: ConfigFile.Entry, _ body: () throws(AdapterError) -> Result
  ) throws(AdapterError) -> Result {
    do throws(AdapterError) {
      return try body()
    } catch {
      var error = error
      if error.position == nil { error.position = entry.position }
      throw error
    }
  }
}
