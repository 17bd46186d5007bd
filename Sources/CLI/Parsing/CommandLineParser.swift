import AdapterCore

/// Turns the words of a command line into an `Invocation`: POSIX and GNU syntax over the specs of
/// the command table. Pure: it looks at nothing but the words.
///
/// Flags may stand anywhere before `--`, even before the command's own words. There are no
/// abbreviations. Every fault is a `usage` error with a suggestion; a suggestion is never run.
public struct CommandLineParser: Sendable {
  let catalog: CommandCatalog

  public init(_ catalog: CommandCatalog) { self.catalog = catalog }

  /// Parses the words after the program's name. Throws `usage`.
  public func parse(_ words: [String]) throws(AdapterError) -> ParsedCommandLine {
    let location = try locateCommand(in: words)
    let spec = location.entry?.spec
    var values = FlagValues(
      command: location.name, flags: FlagSet((spec?.flags ?? []) + GlobalFlags.all),
      helpHint: helpHint(location.name))
    let arguments = try values.read(words, skipping: location.wordIndexes)

    if let detail = values.help { return .help(name: location.name, detail) }
    if values.values[GlobalFlags.version.name] != nil { return .version }
    guard let spec else {
      if let stray = arguments.first { throw unknownCommand(stray, after: location.name) }
      return .incomplete(name: location.name)
    }
    try checkArguments(arguments, of: spec)
    return .command(Invocation(spec: spec, arguments: arguments, values: values.values))
  }

  /// The command's words for a program called `programPath`: a link `nb-db` to nb means `nb db`.
  public func impliedWords(programPath: String) -> [String] {
    let file = programPath.split(separator: "/").last ?? ""
    guard file.hasPrefix("nb-") else { return [] }
    let words = file.dropFirst(3).split(separator: "-").map(String.init)
    let name = words.joined(separator: " ")
    return catalog.entry(name) != nil || catalog.isPrefix(name) ? words : []
  }

  // MARK: Which command

  /// The command's name, how far it was found, and which words made it.
  struct Location {
    var name = ""
    var entry: CommandCatalog.Entry?
    var wordIndexes: [Int] = []
  }

  /// Finds the words that name the command, skipping flags and their values.
  func locateCommand(in words: [String]) throws(AdapterError) -> Location {
    var location = Location()
    var index = 0
    while index < words.count, words[index] != "--" {
      let word = words[index]
      if word.hasPrefix("-"), word != "-" {
        index += try flagTakesNextWord(word, below: location.name) ? 2 : 1
        continue
      }
      let name = location.name.appendingWord(word)
      location.entry = catalog.entry(name)
      guard location.entry != nil || (catalog.isPrefix(name) && !word.isEmpty) else {
        throw unknownCommand(word, after: location.name)
      }
      location.name = name
      location.wordIndexes.append(index)
      index += 1
      if location.entry != nil {
        // `db schema` is a command, and `db schema diff` another: its word follows at once.
        guard index < words.count,
          let longer = catalog.entry(name.appendingWord(words[index]))
        else { break }
        location.entry = longer
        location.name = longer.name
        location.wordIndexes.append(index)
        break
      }
    }
    return location
  }

  /// Whether a flag in front of the command's words takes the next word as its value.
  ///
  /// Global flags decide alone in all usual cases; only for another flag are the specs looked at
  /// of all commands that may still follow. Throws `usage` for a flag that none of them has.
  private func flagTakesNextWord(
    _ word: String, below name: String
  ) throws(AdapterError) -> Bool {
    let global = FlagSet(GlobalFlags.all)
    if global.knows(word) { return global.takesNextWord(word) }
    let candidates = catalog.visibleEntries(below: name).map {
      FlagSet($0.spec.flags + GlobalFlags.all)
    }
    guard candidates.contains(where: { $0.knows(word) }) else {
      let typed = String(word.prefix { $0 != "=" })
      throw global.unknownFlag(typed, command: name, helpHint: helpHint(name))
    }
    return candidates.contains { $0.takesNextWord(word) }
  }

  private func unknownCommand(_ word: String, after name: String) -> AdapterError {
    let place = name.isEmpty ? "nb" : "nb " + name
    var hint = "\(place) -h lists the commands"
    if let suggestion = suggestion(for: word, after: name) {
      hint = "did you mean 'nb \(suggestion)'?"
    }
    let what = name.isEmpty ? "unknown command '\(word)'" : "\(place) has no command '\(word)'"
    return AdapterError(.usage, what, hint: hint)
  }

  /// The command that was probably meant: a close word at this place, else a verb of any group.
  private func suggestion(for word: String, after name: String) -> String? {
    let here = catalog.nextWords(after: name)
    if let close = closestMatch(to: word, in: here) { return name.appendingWord(close) }
    let below = catalog.visibleEntries(below: "").filter { $0.name.contains(" ") }
    let verbs = below.map { String($0.name.split(separator: " ").last ?? "") }
    guard let verb = closestMatch(to: word, in: verbs) else { return nil }
    return verbs.firstIndex(of: verb).map { below[$0].name }
  }

  // MARK: Arguments

  private func checkArguments(
    _ arguments: [String], of spec: CommandSpec
  ) throws(AdapterError) {
    let required = spec.arguments.filter { $0.arity == .required }
    if arguments.count < required.count {
      let missing = required[arguments.count...].map(\.name).joined(separator: " and ")
      throw AdapterError(
        .usage, "\(spec.name) needs \(missing)", hint: helpHint(spec.path.joined(separator: " ")),
        details: ["usage: " + spec.usageLine])
    }
    let takesAnyNumber = spec.arguments.contains { $0.arity == .repeated }
    if arguments.count > spec.arguments.count, !takesAnyNumber {
      throw AdapterError(
        .usage, "\(spec.name) takes no further argument '\(arguments[spec.arguments.count])'",
        hint: "quote an argument that has spaces in it", details: ["usage: " + spec.usageLine])
    }
    for (index, argument) in arguments.enumerated() {
      let argumentSpec = spec.arguments[min(index, spec.arguments.count - 1)]
      try checkChoice(argument, of: argumentSpec.choices, for: argumentSpec.name)
    }
  }

  private func helpHint(_ name: String) -> String { "nb \(name.appendingWord("-h")) shows how" }
}

/// Throws `usage` unless `value` is one of `choices`, or any value is allowed.
func checkChoice(
  _ value: String, of choices: [Choice], for name: String
) throws(AdapterError) {
  let values = choices.map(\.value)
  guard !values.isEmpty, !values.contains(value) else { return }
  let hint = closestMatch(to: value, in: values).map { "did you mean '\($0)'?" }
  let list = values.joined(separator: ", ")
  throw AdapterError(.usage, "\(name) takes one of \(list); not '\(value)'", hint: hint)
}
