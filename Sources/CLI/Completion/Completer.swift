import AdapterCore

/// Works out what may stand at the cursor. Pure but for `LiveValues`, which looks at profiles and
/// local databases.
public struct Completer {
  /// What only the machine knows.
  public protocol LiveValues {
    /// Profiles, with what they stand for.
    func profiles() -> [CompletionAnswer.Candidate]
    /// Tables of the database that `target` names.
    func tables(of target: String) -> [CompletionAnswer.Candidate]
    /// Columns of a table.
    func columns(of table: String, in target: String) -> [CompletionAnswer.Candidate]
    /// Queues of the broker that `target` names.
    func queues(of target: String) -> [CompletionAnswer.Candidate]
  }

  let catalog: CommandCatalog
  let live: any LiveValues

  public init(_ catalog: CommandCatalog, live: any LiveValues) {
    self.catalog = catalog
    self.live = live
  }

  /// Completes the last of `words`, the words of the command line after nb.
  public func complete(_ words: [String]) -> CompletionAnswer {
    let current = words.last ?? ""
    let line = Array(words.dropLast())
    let parser = CommandLineParser(catalog)
    guard let location = try? parser.locateCommand(in: line) else { return CompletionAnswer() }
    let spec = location.entry?.spec
    let reading = LineReading(
      line, skipping: location.wordIndexes, spec: spec,
      flags: FlagSet((spec?.flags ?? []) + GlobalFlags.all))

    if let flag = reading.openFlag {
      return values(flag.completion, flag.choices, startingWith: current, reading)
    }
    if !reading.isPastDashes, current.hasPrefix("-") {
      return flagsOrAttachedValue(current, reading)
    }
    guard let spec else {
      return commandWords(after: location.name, startingWith: current)
    }
    guard let argument = reading.nextArgument(of: spec) else { return CompletionAnswer() }
    var answer = values(argument.completion, argument.choices, startingWith: current, reading)
    // A command's first argument may as well be the word of a longer command.
    if location.wordIndexes.last == line.count - 1 {
      answer.candidates +=
        commandWords(after: location.name, startingWith: current).candidates
    }
    return answer
  }

  private func commandWords(after name: String, startingWith current: String) -> CompletionAnswer {
    let words = catalog.nextWords(after: name).filter { $0.hasPrefix(current) }
    return CompletionAnswer(
      words.map { .init($0, catalog.summary(of: name.appendingWord($0))) })
  }

  // MARK: Flags

  private func flagsOrAttachedValue(
    _ current: String, _ reading: LineReading
  ) -> CompletionAnswer {
    if current.hasPrefix("--"), let equals = current.firstIndex(of: "=") {
      let name = current[..<equals].dropFirst(2)
      guard let flag = reading.flags.long(name)?.flag else { return CompletionAnswer() }
      return values(
        flag.completion, flag.choices, startingWith: String(current[equals...].dropFirst()),
        reading, after: String(current[...equals]))
    }
    if !current.hasPrefix("--"), let (flag, value) = reading.flags.attachedValue(in: current) {
      return values(
        flag.completion, flag.choices, startingWith: value, reading,
        after: String(current.dropLast(value.count)))
    }
    let flags = reading.flags.all.filter { $0.isRepeatable || !reading.given.contains($0.name) }
    let candidates = flags.flatMap { flag in
      flag.longNames.filter { $0.hasPrefix(current) }.map {
        CompletionAnswer.Candidate($0, flag.summary)
      }
    }
    return CompletionAnswer(candidates)
  }

  // MARK: Values

  /// What may stand for a value; `prefix` is what precedes it in the same word (`--output=`).
  private func values(
    _ completion: Completion, _ choices: [Choice], startingWith current: String,
    _ reading: LineReading, after prefix: String = ""
  ) -> CompletionAnswer {
    var answer = answer(completion, choices, startingWith: current, reading)
    answer.candidates = answer.candidates.filter { $0.value.hasPrefix(current) }
    for index in answer.candidates.indices {
      answer.candidates[index].value = prefix + answer.candidates[index].value
    }
    return answer
  }

  private func answer(
    _ completion: Completion, _ choices: [Choice], startingWith current: String,
    _ reading: LineReading
  ) -> CompletionAnswer {
    switch completion {
    case .none: return CompletionAnswer()
    case .choices: return CompletionAnswer(choices.map { .init($0.value, $0.summary) })
    case .file(let endings): return CompletionAnswer(paths: .files(endings))
    case .directory: return CompletionAnswer(paths: .directories)
    case .target: return targets(startingWith: current)
    case .table:
      return CompletionAnswer(reading.value(.target).map(live.tables) ?? [])
    case .column: return columns(startingWith: current, reading)
    case .queue:
      // Of `move`, behind each of its targets.
      return CompletionAnswer(reading.lastArgument(.target).map(live.queues) ?? [])
    case .requestItem: return RequestItemCompletion.answer(startingWith: current)
    case .configKey:
      return CompletionAnswer(ConfigKey.all.map { .init($0.name, $0.summary) })
    case .helpTopic: return helpTopics(reading)
    }
  }

  private func targets(startingWith current: String) -> CompletionAnswer {
    if current.hasPrefix("@") { return CompletionAnswer(live.profiles()) }
    if current.hasPrefix(":") {
      return CompletionAnswer([.init(":memory:", "a database in memory")])
    }
    return CompletionAnswer(current.isEmpty ? live.profiles() : [], paths: .files([]))
  }

  /// Columns, also behind others and a comma.
  private func columns(
    startingWith current: String, _ reading: LineReading
  ) -> CompletionAnswer {
    guard let target = reading.value(.target), let table = reading.value(.table) else {
      return CompletionAnswer()
    }
    let given = current.lastIndex(of: ",").map { String(current[...$0]) } ?? ""
    let columns = live.columns(of: table, in: target)
    return CompletionAnswer(columns.map { .init(given + $0.value, $0.summary) })
  }

  private func helpTopics(_ reading: LineReading) -> CompletionAnswer {
    let name = reading.arguments.joined(separator: " ")
    let words = catalog.nextWords(after: name).map {
      CompletionAnswer.Candidate($0, catalog.summary(of: name.appendingWord($0)))
    }
    let topics = HelpTopic.all.map { CompletionAnswer.Candidate($0.name, $0.summary) }
    return CompletionAnswer(name.isEmpty ? words + topics : words)
  }
}
