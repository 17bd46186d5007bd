import AdapterCore

/// Which flags a command line may hold, by long name and by letter.
struct FlagSet {
  let all: [FlagSpec]

  init(_ flags: [FlagSpec]) { all = flags }

  /// The flag of a long name; `isNegated` for `no-NAME` of a negatable toggle.
  func long(_ name: some StringProtocol) -> (flag: FlagSpec, isNegated: Bool)? {
    if let flag = all.first(where: { $0.name == name }) { return (flag, false) }
    guard name.hasPrefix("no-") else { return nil }
    let positive = name.dropFirst(3)
    return all.first { $0.isNegatable && $0.name == positive }.map { ($0, true) }
  }

  func short(_ letter: Character) -> FlagSpec? { all.first { $0.short == letter } }

  /// The flag that takes all words behind `word`.
  func rest(_ word: String) -> FlagSpec? {
    guard word.hasPrefix("--"), let found = long(word.dropFirst(2)), found.flag.takesRest else {
      return nil
    }
    return found.flag
  }

  /// Every long name as typed, negated forms too.
  var longNames: [String] { all.flatMap(\.longNames) }

  /// The flag in a word such as `-ojson` or `-vojson`, and the value attached to it.
  func attachedValue(in word: String) -> (flag: FlagSpec, value: String)? {
    var rest = word.dropFirst()
    while let letter = rest.popFirst(), let flag = short(letter) {
      if flag.valueName != nil { return rest.isEmpty ? nil : (flag, String(rest)) }
    }
    return nil
  }

  /// Whether every flag that `token` gives is one of these.
  func knows(_ token: String) -> Bool {
    if token.hasPrefix("--") {
      return long(token.dropFirst(2).prefix { $0 != "=" }) != nil
    }
    for letter in token.dropFirst() {
      guard let flag = short(letter) else { return false }
      if flag.valueName != nil { return true }
    }
    return true
  }

  /// The error for a flag that is not among these; `typed` is without its value.
  func unknownFlag(
    _ typed: String, cluster: String? = nil, command: String, helpHint: String
  ) -> AdapterError {
    var hint = "\(helpHint); to pass it as an argument, put -- in front"
    // -output is a slip for --output.
    let candidate = typed.hasPrefix("--") ? typed : "-" + (cluster ?? typed)
    if let close = closestMatch(to: candidate, in: longNames) {
      hint = "did you mean '\(close)'?"
    }
    let place = command.isEmpty ? "nb" : "nb " + command
    return AdapterError(.usage, "\(place) has no flag \(typed)", hint: hint)
  }

  /// Whether the word after `token` is the value of its (last) flag.
  func takesNextWord(_ token: String) -> Bool {
    if token.hasPrefix("--") {
      guard !token.contains("="), let found = long(token.dropFirst(2)) else { return false }
      return !found.isNegated && found.flag.needsValue
    }
    var rest = token.dropFirst()
    while let letter = rest.popFirst() {
      guard let flag = short(letter) else { return false }
      if flag.needsValue { return rest.isEmpty }
    }
    return false
  }
}

extension FlagSpec {
  /// Whether `--no-NAME` exists.
  public var isNegatable: Bool {
    if case .toggle(negatable: true) = arity { true } else { false }
  }

  /// Whether it cannot stand without a value.
  public var needsValue: Bool {
    switch arity {
    case .value, .repeated, .rest: true
    case .toggle, .optionalValue: false
    }
  }

  /// Whether giving it again adds a value.
  public var isRepeatable: Bool { if case .repeated = arity { true } else { false } }

  /// Whether all words behind it are its own.
  public var takesRest: Bool { if case .rest = arity { true } else { false } }

  /// What stands for its value in the help; nil for a toggle.
  public var valueName: String? {
    switch arity {
    case .toggle: nil
    case .value(let name), .repeated(let name), .rest(let name), .optionalValue(let name, _): name
    }
  }

  /// `--name`, and `--no-name` when negatable.
  public var longNames: [String] {
    isNegatable ? ["--" + name, "--no-" + name] : ["--" + name]
  }
}
