import AdapterCore

/// What a command of `nb api` works on: a URL, or a profile with a path.
struct APITarget {
  var url: HTTPURL
  /// User and password of the URL itself.
  var user: String?
  var password: Secret?
  /// The profile's settings; nil for a bare URL.
  var profile: Target.Address?

  /// Resolves `URL`, `@PROFILE`, `@PROFILE/PATH`.
  ///
  /// - Parameter path: a further argument that begins with a slash; for profiles alone.
  init(_ text: String, path: String?, _ context: CommandContext) throws(AdapterError) {
    guard text.hasPrefix("@") else {
      let parsed = try HTTPURL.parse(text)
      if let path {
        throw AdapterError(
          .usage, "'\(path)' goes with a profile, not with a URL", hint: "write it into the URL")
      }
      (url, user, password) = (parsed.url, parsed.user, parsed.password)
      if password != nil {
        context.operation.note(
          "a password in a URL can be seen by others; --user NAME:env:VARIABLE keeps it apart")
      }
      return
    }
    let slash = text.firstIndex { "/?".contains($0) } ?? text.endIndex
    let name = String(text[..<slash])
    let profile = try context.address(of: name)
    guard let base = profile.settings.last(where: { $0.key == "base_url" }) else {
      throw AdapterError(
        .config, "the profile \(name) has no base_url, so it is no API",
        hint: "add base_url = \"https://…\" to it")
    }
    var root = try HTTPURL.parse(base.value)
    let suffix = String(text[slash...]) + (path ?? "")
    root.url = try root.url.appending(suffix)
    (url, user, password) = (root.url, root.user, root.password)
    self.profile = profile
  }
}
