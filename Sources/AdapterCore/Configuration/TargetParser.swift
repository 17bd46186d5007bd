/// The grammar of targets. Everything that may hold a password is kept out of its errors: they name
/// the scheme and the part that is wrong, never the text.
struct TargetParser {
  private let scheme: String
  /// The URL after "scheme:".
  private let rest: ArraySlice<UInt8>

  static func parse(_ text: String) throws(AdapterError) -> Target {
    guard !text.isEmpty else {
      throw AdapterError(.usage, "the target is empty", hint: targetForms)
    }
    guard !text.utf8.contains(0) else {
      throw AdapterError(.usage, "the target holds a NUL character")
    }
    if text == ":memory:" { return .address(Target.Address(scheme: "sqlite", path: text)) }
    if text.hasPrefix("@") { return .profile(try profileName(text.dropFirst())) }
    guard let parser = TargetParser(text) else {
      return .address(Target.Address(scheme: "sqlite", path: text))
    }
    return .address(try parser.address())
  }

  private static let targetForms = "give a path, :memory:, a URL or @profile; see `nb help targets`"

  /// nil when the text does not begin with a scheme (RFC 3986, section 3.1): it is a path then.
  private init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return nil }
    let name = bytes[..<colon]
    guard let first = name.first, Self.isLetter(first), name.allSatisfy(Self.isSchemeByte) else {
      return nil
    }
    let lowercased = String(decoding: name, as: UTF8.self).lowercased()
    scheme = lowercased == "sqlite3" ? "sqlite" : lowercased
    rest = bytes[(colon + 1)...]
  }

  private static func profileName(_ name: Substring) throws(AdapterError) -> String {
    guard !name.isEmpty, name.utf8.allSatisfy(ConfigFile.isProfileNameByte) else {
      throw AdapterError(
        .usage, "'@\(name)' is no profile's name: letters, digits, '_' and '-' make one",
        hint: "a file of this name is reached as ./@\(name)")
    }
    return String(name)
  }

  // MARK: - URLs

  private func address() throws(AdapterError) -> Target.Address {
    guard !rest.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
      throw malformed("it holds a control character", hint: "percent-encode it")
    }
    let namesFile = scheme == "sqlite" || scheme == "file"
    guard rest.starts(with: [UInt8(ascii: "/"), UInt8(ascii: "/")]) else {
      return try opaque(rest, namesFile: namesFile)
    }
    let afterSlashes = rest.dropFirst(2)
    let end = afterSlashes.firstIndex { "/?#".utf8.contains($0) } ?? afterSlashes.endIndex
    let authority = afterSlashes[..<end]
    if namesFile {
      guard authority.isEmpty || Array(authority) == Array("localhost".utf8) else {
        throw malformed(
          "a file's URL has no host",
          hint: "write \(scheme):PATH, or \(scheme):///PATH for an absolute path")
      }
      return try opaque(afterSlashes[end...], namesFile: true)
    }
    return try hierarchical(authority: authority, tail: afterSlashes[end...])
  }

  /// `scheme:path?settings`.
  private func opaque(
    _ text: ArraySlice<UInt8>, namesFile: Bool
  ) throws(AdapterError) -> Target.Address {
    let (path, settings) = try pathAndSettings(text)
    if namesFile && path.isEmpty {
      throw malformed("it names no file", hint: "write \(scheme):PATH")
    }
    return Target.Address(scheme: scheme, path: path, settings: settings)
  }

  /// `scheme://authority/path?settings`.
  private func hierarchical(
    authority: ArraySlice<UInt8>, tail: ArraySlice<UInt8>
  ) throws(AdapterError) -> Target.Address {
    var address = Target.Address(scheme: scheme, path: "")
    var hosts = authority
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) {
      let userInfo = authority[..<at]
      hosts = authority[(at + 1)...]
      let hasPassword = userInfo.contains(UInt8(ascii: ":"))
      // A second @ means that a raw one, or one behind a raw / ? #, cut the password short.
      guard !userInfo.contains(UInt8(ascii: "@")),
        !(hasPassword && tail.contains(UInt8(ascii: "@")))
      else { throw rawCharacter("a second '@'") }
      try readUserInfo(userInfo, into: &address)
    } else if tail.contains(UInt8(ascii: "@")), Self.hosts(hosts) == nil {
      throw rawCharacter("a '/', '?' or '#' before the '@'")
    }
    guard Self.hosts(hosts) != nil else {
      throw malformed(
        "its host is malformed",
        hint: "write HOST, HOST:PORT or [IPV6]:PORT; a port is a number from 1 to 65535")
    }
    address.host = hosts.isEmpty ? nil : String(decoding: hosts, as: UTF8.self)
    (address.path, address.settings) = try pathAndSettings(tail)
    return address
  }

  private func readUserInfo(
    _ text: ArraySlice<UInt8>, into address: inout Target.Address
  ) throws(AdapterError) {
    let colon = text.firstIndex(of: UInt8(ascii: ":"))
    guard let user = PercentEncoding.decode(text[..<(colon ?? text.endIndex)]),
      let password = PercentEncoding.decode(colon.map { text[($0 + 1)...] } ?? [])
    else {
      throw malformed(
        "its user or password is not valid percent-encoding", hint: Self.encodingHint)
    }
    address.user = user.isEmpty ? nil : user
    address.password = colon == nil ? nil : Secret(password)
  }

  private func pathAndSettings(
    _ text: ArraySlice<UInt8>
  ) throws(AdapterError) -> (path: String, settings: [Target.Setting]) {
    guard !text.contains(UInt8(ascii: "#")) else {
      throw malformed("it holds a raw '#'", hint: "write # as %23")
    }
    let mark = text.firstIndex(of: UInt8(ascii: "?")) ?? text.endIndex
    guard let path = PercentEncoding.decode(text[..<mark]) else {
      throw malformed("its path is not valid percent-encoding", hint: "write % as %25")
    }
    var settings: [Target.Setting] = []
    for pair in text[mark...].dropFirst().split(separator: UInt8(ascii: "&")) {
      let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
      guard let key = PercentEncoding.decode(pair[..<equals]),
        let value = PercentEncoding.decode(pair[equals...].dropFirst())
      else {
        throw malformed("a setting is not valid percent-encoding", hint: "write % as %25")
      }
      guard !key.isEmpty else {
        throw malformed("a setting has no name", hint: "write ?KEY=VALUE&KEY=VALUE")
      }
      settings.append(Target.Setting(key: key, value: value))
    }
    return (path, settings)
  }

  // MARK: - Hosts

  /// The hosts of a list; nil when one is malformed. An empty list is valid.
  static func hosts(_ text: String) -> [Target.Host]? { hosts(Array(text.utf8)[...]) }

  private static func hosts(_ text: ArraySlice<UInt8>) -> [Target.Host]? {
    if text.isEmpty { return [] }
    var hosts: [Target.Host] = []
    for item in text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      guard let host = host(item) else { return nil }
      hosts.append(host)
    }
    return hosts
  }

  private static func host(_ text: ArraySlice<UInt8>) -> Target.Host? {
    var name = text
    var port: ArraySlice<UInt8>?
    if text.first == UInt8(ascii: "[") {
      guard let close = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      name = text[..<close].dropFirst()
      let after = text[(close + 1)...]
      guard after.isEmpty || after.first == UInt8(ascii: ":") else { return nil }
      if !after.isEmpty { port = after.dropFirst() }
    } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
      name = text[..<colon]
      port = text[(colon + 1)...]
    }
    guard !name.isEmpty, !name.contains(where: { " \\\"<>[]@^`{|}".utf8.contains($0) }),
      let decoded = PercentEncoding.decode(name)
    else { return nil }
    guard let port else { return Target.Host(name: decoded) }
    guard port.count <= 5, port.allSatisfy({ (0x30...0x39).contains($0) }),
      let number = Int(String(decoding: port, as: UTF8.self)), (1...65535).contains(number)
    else { return nil }
    return Target.Host(name: decoded, port: number)
  }

  // MARK: - Errors

  private static let encodingHint =
    "percent-encode special characters in a password: "
    + "% is %25, @ is %40, / is %2F, : is %3A, ? is %3F, # is %23"

  private func malformed(_ reason: String, hint: String) -> AdapterError {
    AdapterError(.usage, "malformed \(scheme) URL: \(reason)", hint: hint)
  }

  private func rawCharacter(_ what: String) -> AdapterError {
    malformed("it holds \(what), perhaps of a password", hint: Self.encodingHint)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  private static func isSchemeByte(_ byte: UInt8) -> Bool {
    isLetter(byte) || (0x30...0x39).contains(byte) || "+-.".utf8.contains(byte)
  }
}
