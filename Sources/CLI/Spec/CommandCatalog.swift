/// All commands by name, each with its interface made on demand: finding a command builds no
/// other command's spec.
public struct CommandCatalog: Sendable {
  /// One command's line in the catalog.
  public struct Entry: Sendable {
    /// The words that call it, separated by one space: "db query".
    public let name: String
    private let makeSpec: @Sendable () -> CommandSpec

    public init(_ name: String, spec: @escaping @Sendable () -> CommandSpec) {
      self.name = name
      makeSpec = spec
    }

    /// The command's interface.
    public var spec: CommandSpec { makeSpec() }

    /// Whether help, man pages and completions leave it out; such names begin with `__`.
    public var isHidden: Bool { name.hasPrefix("__") }
  }

  public let groups: [GroupSpec]
  public let entries: [Entry]

  public init(groups: [GroupSpec], entries: [Entry]) {
    self.groups = groups
    self.entries = entries
  }

  /// The command called `name`.
  public func entry(_ name: String) -> Entry? { entries.first { $0.name == name } }

  /// The group called `name`.
  public func group(_ name: String) -> GroupSpec? { groups.first { $0.name == name } }

  /// Whether commands of more words begin with `prefix`; the empty prefix begins all.
  public func isPrefix(_ prefix: String) -> Bool {
    entries.contains { $0.isBelow(prefix) }
  }

  /// Whether `name` is a command, a group, or empty: the whole program.
  public func hasHelp(_ name: String) -> Bool { entry(name) != nil || isPrefix(name) }

  /// The commands below `prefix` at any depth, hidden ones left out.
  public func visibleEntries(below prefix: String) -> [Entry] {
    entries.filter { !$0.isHidden && $0.isBelow(prefix) }
  }

  /// The words that may follow `prefix`, each once, in the table's order; hidden ones left out.
  public func nextWords(after prefix: String) -> [String] {
    var words: [String] = []
    for entry in visibleEntries(below: prefix) {
      let rest = entry.name.utf8.dropFirst(prefix.isEmpty ? 0 : prefix.utf8.count + 1)
      let word = String(rest.prefix { $0 != UInt8(ascii: " ") }) ?? ""
      if !words.contains(word) { words.append(word) }
    }
    return words
  }

  /// What `name` does, be it a command or a group.
  public func summary(of name: String) -> String {
    group(name)?.summary ?? entry(name)?.spec.summary ?? ""
  }
}

extension CommandCatalog.Entry {
  /// Whether the name has more words than `prefix` and begins with them.
  func isBelow(_ prefix: String) -> Bool {
    guard !prefix.isEmpty else { return true }
    return name.utf8.count > prefix.utf8.count
      && name.utf8.starts(with: prefix.utf8)
      && name.utf8.dropFirst(prefix.utf8.count).first == UInt8(ascii: " ")
  }
}

extension String {
  /// This name with one more word.
  func appendingWord(_ word: String) -> String { isEmpty ? word : self + " " + word }
}
