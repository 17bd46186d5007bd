/// The whole interface as one Markdown page: docs/reference.md.
public struct ReferenceManual {
  let catalog: CommandCatalog

  public init(_ catalog: CommandCatalog) { self.catalog = catalog }

  public var text: String {
    var page = """
      <!-- Generated from the command table by make generate. Do not edit. -->
      # nb reference

      `nb GROUP COMMAND [ARGUMENTS] [FLAGS]`; `-h` shows the essentials of a command, `--help` \
      everything.


      """
    let entries = catalog.visibleEntries(below: "")
    page += entries.map { "- [nb \($0.name)](#nb-\(anchor($0.name))): \($0.spec.summary)\n" }
      .joined()
    for topic in HelpTopic.all { page += "- [\(topic.name)](#\(topic.name)): \(topic.summary)\n" }
    page += "\n## Commands\n"
    for entry in entries { page += section(entry.spec) }
    page += "\n## Global flags\n\nEvery command takes these.\n\n" + table(GlobalFlags.all)
    page += "\n## Topics\n"
    for topic in HelpTopic.all { page += section(topic) }
    return page
  }

  private func anchor(_ name: String) -> String {
    name.split(separator: " ").joined(separator: "-")
  }

  private func section(_ spec: CommandSpec) -> String {
    var text = "\n### \(spec.name)\n\n\(spec.summary).\n\n```\n\(spec.usageLine)\n```\n"
    for paragraph in spec.description { text += "\n\(paragraph)\n" }
    if !spec.arguments.isEmpty {
      text += "\n| argument | meaning |\n|---|---|\n"
      for argument in spec.arguments {
        text += "| `\(argument.usage)` | \(cell(argument.helpText)) |\n"
      }
    }
    if !spec.flags.isEmpty { text += "\n" + table(spec.flags) }
    if !spec.environment.isEmpty {
      text += "\n| variable | meaning |\n|---|---|\n"
      for variable in spec.environment { text += "| `\(variable.name)` | \(variable.summary) |\n" }
    }
    if !spec.exitStatuses.isEmpty {
      text += "\n| status | meaning |\n|---|---|\n"
      for note in spec.exitStatuses { text += "| \(note.status) | \(cell(note.summary)) |\n" }
    }
    if !spec.examples.isEmpty {
      text += "\n```sh\n"
      for example in spec.examples { text += "# \(example.summary)\n\(example.command)\n" }
      text += "```\n"
    }
    return text
  }

  private func table(_ flags: [FlagSpec]) -> String {
    var text = "| flag | meaning |\n|---|---|\n"
    for flag in flags {
      let letter = flag.short.map { "`-\($0)`, " } ?? ""
      let sentences = [flag.summary + (flag.notes.isEmpty ? "" : ".")] + flag.notes
      var meaning = cell(sentences.joined(separator: " "))
      if !flag.choices.isEmpty {
        meaning +=
          "<br>" + flag.choices.map { "`\($0.value)` \($0.summary)" }.joined(separator: "; ")
      }
      if let standard = flag.defaultText { meaning += "<br>Default: \(standard)" }
      text += "| \(letter)`\(flag.longForm)` | \(meaning) |\n"
    }
    return text
  }

  private func section(_ topic: HelpTopic) -> String {
    var text = "\n### \(topic.name)\n\n\(topic.summary).\n"
    for block in topic.blocks {
      switch block {
      case .heading(let heading): text += "\n#### \(heading)\n"
      case .paragraph(let words): text += "\n\(words)\n"
      case .definitions(let items):
        text += "\n"
        for item in items {
          let term = item.term.withoutCodeMarks
          text += "- `\(term)`" + (item.text.isEmpty ? "" : ": \(item.text)") + "\n"
        }
      case .code(let lines): text += "\n```\n" + lines.joined(separator: "\n") + "\n```\n"
      }
    }
    return text
  }

  /// Text for a table's cell: a bar would end it.
  private func cell(_ text: String) -> String {
    text.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
