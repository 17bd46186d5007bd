import AdapterCore

/// Reads the flags of a command line and keeps their values; what is left are the arguments.
struct FlagValues {
  /// The command's words, for messages.
  let command: String
  let flags: FlagSet
  let helpHint: String
  /// Per flag name, all values in order; a toggle has "true" or "false".
  private(set) var values: [String: [String]] = [:]
  private(set) var help: HelpDetail?

  init(command: String, flags: FlagSet, helpHint: String) {
    self.command = command
    self.flags = flags
    self.helpHint = helpHint
  }

  /// Reads all words but those at `skipped` and returns the arguments in order.
  mutating func read(
    _ words: [String], skipping skipped: [Int]
  ) throws(AdapterError) -> [String] {
    var arguments: [String] = []
    var index = 0
    while index < words.count {
      let word = words[index]
      let next = index + 1 < words.count ? words[index + 1] : nil
      index += 1
      if skipped.contains(index - 1) { continue }
      if word == "--" {
        arguments += words[index...]
        break
      }
      if let flag = flags.rest(word) {
        try takeRest(flag, words[index...])
        break
      }
      if word == "-" || !word.hasPrefix("-") {
        arguments.append(word)
      } else if word.hasPrefix("--") {
        if try readLong(word, next: next) { index += 1 }
      } else if try readShorts(word, next: next) {
        index += 1
      }
    }
    return arguments
  }

  /// Reads `--name`, `--no-name`, `--name=value` or `--name value`; true when it took `next`.
  private mutating func readLong(_ word: String, next: String?) throws(AdapterError) -> Bool {
    let parts = word.dropFirst(2).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let attached = parts.count > 1 ? String(parts[1]) : nil
    guard let (flag, isNegated) = flags.long(parts[0]) else {
      throw flags.unknownFlag("--" + parts[0], command: command, helpHint: helpHint)
    }
    if flag.name == GlobalFlags.help.name { help = .full }
    return try take(
      flag, as: "--" + parts[0], isNegated: isNegated, attached: attached, next: next)
  }

  /// Reads `-x`, `-abc`, `-xVALUE` or `-x VALUE`; true when it took `next`.
  private mutating func readShorts(_ word: String, next: String?) throws(AdapterError) -> Bool {
    var rest = word.dropFirst()
    while let letter = rest.popFirst() {
      guard let flag = flags.short(letter) else {
        throw flags.unknownFlag(
          "-\(letter)", cluster: word, command: command, helpHint: helpHint)
      }
      if flag.name == GlobalFlags.help.name { help = help ?? .brief }
      if case .toggle = flag.arity {
        _ = try take(flag, as: "-\(letter)", isNegated: false, attached: nil, next: nil)
        continue
      }
      // What follows the letter is its value; `-o=json` is a slip for `-ojson` that no format,
      // path or number begins with.
      if rest.first == "=" { rest = rest.dropFirst() }
      let attached = rest.isEmpty ? nil : String(rest)
      return try take(flag, as: "-\(letter)", isNegated: false, attached: attached, next: next)
    }
    return false
  }

  /// Stores the command that a flag is followed by; a `--` in front of it is no part of it.
  private mutating func takeRest(
    _ flag: FlagSpec, _ words: ArraySlice<String>
  ) throws(AdapterError) {
    let command = words.first == "--" ? words.dropFirst() : words
    guard !command.isEmpty else {
      let name = flag.valueName ?? ""
      throw AdapterError(
        .usage, "--\(flag.name) needs a command: --\(flag.name) \(name) ...", hint: helpHint)
    }
    values[flag.name] = Array(command)
  }

  /// Stores one occurrence of a flag; true when `next` was its value.
  private mutating func take(
    _ flag: FlagSpec, as typed: String, isNegated: Bool, attached: String?, next: String?
  ) throws(AdapterError) -> Bool {
    switch flag.arity {
    case .toggle:
      guard attached == nil else {
        throw AdapterError(.usage, "\(typed) takes no value", hint: helpHint)
      }
      values[flag.name, default: []].append(isNegated ? "false" : "true")
      return false
    case .optionalValue(_, let standard):
      let value = attached ?? standard
      try checkChoice(value, of: flag.choices, for: typed)
      values[flag.name, default: []].append(value)
      return false
    case .value(let name), .repeated(let name), .rest(let name):
      guard let value = attached ?? next else {
        throw AdapterError(.usage, "\(typed) needs a value: \(typed) \(name)", hint: helpHint)
      }
      try checkChoice(value, of: flag.choices, for: typed)
      values[flag.name, default: []].append(value)
      return attached == nil
    }
  }
}
