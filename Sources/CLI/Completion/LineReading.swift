/// A command line read as far as it stands, without complaint: which flags were given, which
/// arguments, and which flag waits for its value.
struct LineReading {
  let spec: CommandSpec?
  let flags: FlagSet
  /// Names of the flags given.
  private(set) var given: Set<String> = []
  private(set) var arguments: [String] = []
  /// The flag whose value comes next.
  private(set) var openFlag: FlagSpec?
  private(set) var isPastDashes = false
  private var flagValues: [(flag: FlagSpec, value: String)] = []

  /// Reads all words but those at `skipped`.
  init(_ words: [String], skipping skipped: [Int], spec: CommandSpec?, flags: FlagSet) {
    self.spec = spec
    self.flags = flags
    for (index, word) in words.enumerated() where !skipped.contains(index) { read(word) }
  }

  private mutating func read(_ word: String) {
    if let flag = openFlag {
      flagValues.append((flag, word))
      if !flag.takesRest { openFlag = nil }
    } else if isPastDashes || word == "-" || !word.hasPrefix("-") {
      arguments.append(word)
    } else if word == "--" {
      isPastDashes = true
    } else if word.hasPrefix("--") {
      readLong(word)
    } else {
      readShorts(word)
    }
  }

  private mutating func readLong(_ word: String) {
    let parts = word.dropFirst(2).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let found = flags.long(parts[0]) else { return }
    given.insert(found.flag.name)
    if parts.count > 1 {
      flagValues.append((found.flag, String(parts[1])))
    } else if found.flag.needsValue {
      openFlag = found.flag
    }
  }

  private mutating func readShorts(_ word: String) {
    if let attached = flags.attachedValue(in: word) { flagValues.append(attached) }
    for letter in word.dropFirst() {
      guard let flag = flags.short(letter) else { return }
      given.insert(flag.name)
      if flag.valueName != nil { break }
    }
    if flags.takesNextWord(word) {
      openFlag = word.last.flatMap { flags.short($0) }
    }
  }

  /// The spec of the argument at the cursor; nil when there is none left.
  func nextArgument(of spec: CommandSpec) -> ArgumentSpec? {
    if arguments.count < spec.arguments.count { return spec.arguments[arguments.count] }
    return spec.arguments.last.flatMap { $0.arity == .repeated ? $0 : nil }
  }

  /// The last argument of this kind on the line.
  func lastArgument(_ completion: Completion) -> String? {
    guard let spec else { return nil }
    let index = spec.arguments.prefix(arguments.count).lastIndex { $0.completion == completion }
    return index.map { arguments[$0] }
  }

  /// The first argument, else flag value, of this kind on the line.
  func value(_ completion: Completion) -> String? {
    guard let spec else { return nil }
    for (argument, value) in zip(spec.arguments, arguments)
    where argument.completion == completion {
      return value
    }
    return flagValues.first { $0.flag.completion == completion }?.value
  }
}
