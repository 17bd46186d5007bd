import AdapterCore

/// Help screens rendered from the command table.
public struct HelpText {
  let catalog: CommandCatalog

  public init(_ catalog: CommandCatalog) { self.catalog = catalog }

  /// The help of a command, a group, or (the empty name) the whole program.
  public func render(_ name: String, _ detail: HelpDetail) -> String {
    if let entry = catalog.entry(name) {
      return detail == .brief ? brief(entry.spec) : full(entry.spec)
    }
    return overview(name, detail)
  }

  // MARK: Overviews

  /// The commands below `name`, one a line; in full with what they have in common.
  public func overview(_ name: String, _ detail: HelpDetail = .brief) -> String {
    var layout = TextLayout()
    let title = name.isEmpty ? "nb" : "nb " + name
    let summary = name.isEmpty ? Self.programSummary : catalog.summary(of: name)
    layout.line("\(title) - \(summary.lowercasingFirst)")
    layout.space()
    layout.line("Usage: \(title) \(name.isEmpty ? "GROUP COMMAND" : "COMMAND") [ARGUMENTS] [FLAGS]")
    if detail == .full {
      let group = catalog.group(name)?.description ?? []
      for paragraph in name.isEmpty ? ManualPages.programDescription : group {
        layout.space()
        layout.paragraph(paragraph.withoutCodeMarks, indent: 0)
      }
    }
    layout.heading("Commands")
    layout.definitions(
      catalog.nextWords(after: name).map { word in
        (word, catalog.summary(of: name.appendingWord(word)))
      })
    if name.isEmpty {
      layout.heading("Help topics")
      layout.definitions(HelpTopic.all.map { ($0.name, $0.summary) })
    }
    if detail == .full {
      layout.heading(FlagSpec.Group.global.rawValue)
      layout.definitions(GlobalFlags.all.map { ($0.helpTerm, $0.fullHelpText) })
    }
    layout.space()
    layout.line("\(title) COMMAND -h shows examples and flags.")
    return layout.text
  }

  static let programSummary =
    "Query, load, migrate and copy databases, in scripts and at a prompt"

  // MARK: One command

  /// One screen: usage, examples, arguments, its own flags.
  private func brief(_ spec: CommandSpec) -> String {
    var layout = TextLayout()
    begin(&layout, spec)
    layoutExamples(&layout, spec.examples.prefix(4))
    layoutArguments(&layout, spec)
    let own = spec.flags.filter { $0.group == .command || $0.group == .output }
    if !own.isEmpty {
      layout.heading("Flags")
      layout.definitions(own.map { ($0.helpTerm, $0.helpText) })
    }
    layout.space()
    layout.line("\(spec.name) --help shows everything.")
    return layout.text
  }

  /// Everything there is to say of a command.
  private func full(_ spec: CommandSpec) -> String {
    var layout = TextLayout()
    begin(&layout, spec)
    for paragraph in spec.description {
      layout.space()
      layout.paragraph(paragraph.withoutCodeMarks, indent: 0)
    }
    layoutExamples(&layout, spec.examples[...])
    layoutArguments(&layout, spec)
    for group in FlagSpec.Group.allCases {
      let flags = (spec.flags + GlobalFlags.all).filter { $0.group == group }
      if flags.isEmpty { continue }
      layout.heading(group.rawValue)
      layout.definitions(flags.map { ($0.helpTerm, $0.fullHelpText) })
    }
    if !spec.environment.isEmpty {
      layout.heading("Environment")
      layout.definitions(spec.environment.map { ($0.name, $0.summary) })
    }
    layout.heading("Exit status")
    let notes = spec.exitStatuses.map { (String($0.status), $0.summary) }
    layout.definitions(notes + [("", "nb help exit-status lists them all")])
    return layout.text
  }

  private func begin(_ layout: inout TextLayout, _ spec: CommandSpec) {
    layout.line("\(spec.name) - \(spec.summary.lowercasingFirst)")
    layout.space()
    layout.line("Usage: \(spec.usageLine)")
  }

  private func layoutExamples(_ layout: inout TextLayout, _ examples: ArraySlice<Example>) {
    guard !examples.isEmpty else { return }
    layout.heading("Examples")
    for example in examples {
      layout.paragraph("# " + example.summary, indent: 2)
      layout.line("  " + example.command)
    }
  }

  private func layoutArguments(_ layout: inout TextLayout, _ spec: CommandSpec) {
    guard !spec.arguments.isEmpty else { return }
    layout.heading("Arguments")
    layout.definitions(spec.arguments.map { ($0.usage, $0.helpText) })
  }
}

extension FlagSpec {
  /// The summary, each choice with its meaning, the default, and the notes.
  fileprivate var fullHelpText: String {
    var text = summary
    if !choices.isEmpty {
      text += ": " + choices.map { "\($0.value) (\($0.summary))" }.joined(separator: ", ")
    }
    if let defaultText { text += " (default: \(defaultText))" }
    let sentences = notes.isEmpty ? "" : ". " + notes.joined(separator: " ")
    return (text + sentences).withoutCodeMarks
  }
}

extension ArgumentSpec {
  var helpText: String {
    choices.isEmpty
      ? summary.withoutCodeMarks
      : summary.withoutCodeMarks + ": " + choices.map(\.value).joined(separator: ", ")
  }
}

extension String {
  /// For a summary behind a dash; a word in capitals (SQL) stays.
  var lowercasingFirst: String {
    let second = dropFirst().first
    guard let first, second.map({ !$0.isUppercase }) ?? true else { return self }
    return first.lowercased() + dropFirst()
  }
}
