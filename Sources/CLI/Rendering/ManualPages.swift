import AdapterCore

/// Manual pages in mdoc(7), rendered from the command table: nb(1), one page per group, and
/// nb-config(5).
public struct ManualPages {
  /// A file of a manual page.
  public struct Page: Sendable {
    /// "nb-db.1".
    public let fileName: String
    public let text: String
  }

  /// When the interface was last described anew; a fixed date keeps the pages reproducible.
  private static let date = "November 22, 2026"

  let catalog: CommandCatalog
  let version: String

  public init(_ catalog: CommandCatalog, version: String) {
    self.catalog = catalog
    self.version = version
  }

  public var all: [Page] {
    [programPage] + groups.map(groupPage) + [configurationPage]
  }

  private var groups: [GroupSpec] { catalog.groups.filter { catalog.isPrefix($0.name) } }

  // MARK: nb(1)

  private var programPage: Page {
    var writer = MdocWriter()
    begin(&writer, "nb", 1, HelpText.programSummary.lowercasingFirst)
    writer.section("SYNOPSIS")
    writer.macro("Nm nb")
    writer.macro("Ar GROUP COMMAND")
    writer.macro("Op Ar ARGUMENTS")
    writer.macro("Op Ar FLAGS")
    writer.section("DESCRIPTION")
    writer.paragraphs(Self.programDescription)
    writeProgramCommands(&writer)
    writer.section("GLOBAL FLAGS")
    write(&writer, flags: GlobalFlags.all)
    for topic in [HelpTopic.targets, .formats, .parameters, .select, .expectations, .paging] {
      write(&writer, section: topic)
    }
    write(&writer, section: .environment)
    writer.section("FILES")
    writer.definitions([
      ("nb.toml", "The project's configuration."),
      ("~/.config/nb/config.toml", "The user's configuration."),
    ])
    write(&writer, section: .exitStatus)
    writer.section("EXAMPLES")
    write(
      &writer, examples: catalog.visibleEntries(below: "").compactMap { $0.spec.examples.first })
    seeAlso(&writer, groups.map { "nb-\(dashed($0.name)) 1" }.sorted() + ["nb-config 5"])
    return Page(fileName: "nb.1", text: writer.text)
  }

  static let programDescription = [
    "nb speaks to databases through one grammar, so that a shell script, a CI job or a person at "
      + "a prompt needs one tool. Data goes to standard output alone; notes, progress and errors "
      + "go to standard error. Values are bound by the database, rows are streamed, and the exit "
      + "status says what kind of failure it was.",
    "Flags may stand anywhere before `--`: `-abc`, `-xVALUE`, `-x VALUE`, `--flag=VALUE`, "
      + "`--flag VALUE`. Names are not abbreviated. `-` stands for standard input or output. A "
      + "link to nb called `nb-GROUP` is `nb GROUP`.",
  ]

  private func writeProgramCommands(_ writer: inout MdocWriter) {
    writer.section("COMMANDS")
    for group in groups {
      writer.macro("Ss nb " + group.name)
      writer.sentences(group.summary + "; see")
      writer.macro("Xr nb-\(dashed(group.name)) 1 .")
    }
    for entry in catalog.visibleEntries(below: "") where !entry.name.contains(" ") {
      write(&writer, command: entry.spec)
    }
  }

  // MARK: nb-GROUP(1)

  private func groupPage(_ group: GroupSpec) -> Page {
    var writer = MdocWriter()
    let name = "nb-" + dashed(group.name)
    let specs = catalog.visibleEntries(below: group.name)
      .filter { !isInSubgroup($0.name, of: group.name) }.map(\.spec)
    begin(&writer, name, 1, group.summary.lowercasingFirst)
    writer.section("SYNOPSIS")
    // A list, because groff fills a bare sequence of Nm into one paragraph.
    writer.macro("Bl -item -compact")
    for spec in specs {
      writer.macro("It")
      write(&writer, synopsis: spec)
    }
    writer.macro("El")
    writer.section("DESCRIPTION")
    writer.paragraphs(group.description.isEmpty ? [group.summary + "."] : group.description)
    writer.macro("Pp")
    writer.sentences("Flags that every command takes are described in")
    writer.macro("Xr nb 1 .")
    writer.section("COMMANDS")
    for spec in specs { write(&writer, command: spec) }
    for flagGroup in [FlagSpec.Group.output, .rare, .connection] {
      let flags = specs.flatMap(\.flags).filter { $0.group == flagGroup }.firstOfEachName
      if flags.isEmpty { continue }
      writer.section("\(flagGroup.rawValue.uppercased()) FLAGS")
      write(&writer, flags: flags)
    }
    let subgroups = groups.filter { isInSubgroup($0.name, of: group.name) || $0.isBelow(group) }
    seeAlso(&writer, ["nb 1"] + subgroups.map { "nb-\(dashed($0.name)) 1" } + ["nb-config 5"])
    return Page(fileName: name + ".1", text: writer.text)
  }

  private func isInSubgroup(_ name: String, of group: String) -> Bool {
    catalog.groups.contains {
      $0.name != group && $0.name.hasPrefix(group + " ") && name.hasPrefix($0.name + " ")
    }
  }

  // MARK: nb-config(5)

  private var configurationPage: Page {
    var writer = MdocWriter()
    begin(&writer, "nb-config", 5, "configuration files of nb")
    writer.section("DESCRIPTION")
    write(&writer, blocks: HelpTopic.configuration.blocks)
    writer.section("KEYS")
    writer.macro("Bl -tag -width Ds")
    for key in ConfigKey.all {
      writer.macro("It " + MdocWriter.argument(key.name))
      var text = "\(key.summary). It \(key.requirement). Default: \(key.defaultText)."
      text += " Flag: --\(key.flag)."
      if let variable = key.environment { text += " Environment: \(variable)." }
      writer.sentences(text)
    }
    writer.macro("El")
    seeAlso(&writer, ["nb 1"])
    return Page(fileName: "nb-config.5", text: writer.text)
  }

  // MARK: Parts

  private func begin(
    _ writer: inout MdocWriter, _ name: String, _ section: Int, _ summary: String
  ) {
    writer.macro("Dd \(Self.date)")
    writer.macro("Dt \(name.uppercased()) \(section)")
    writer.macro("Os nb \(version)")
    writer.section("NAME")
    writer.macro("Nm \(name)")
    writer.macro("Nd \(MdocWriter.inline(summary))")
  }

  private func write(_ writer: inout MdocWriter, synopsis spec: CommandSpec) {
    writer.macro("Nm " + MdocWriter.argument(spec.name))
    for argument in spec.arguments {
      switch argument.arity {
      case .required: writer.macro("Ar \(argument.name)")
      case .optional: writer.macro("Op Ar \(argument.name)")
      case .repeated: writer.macro("Op Ar \(argument.name) ...")
      }
    }
    if !spec.flags.isEmpty { writer.macro("Op Ar FLAGS") }
  }

  private func write(_ writer: inout MdocWriter, command spec: CommandSpec) {
    writer.macro("Ss " + spec.name)
    writer.sentences(spec.summary + ".")
    for paragraph in [spec.usageLine] + spec.description {
      writer.macro("Pp")
      if paragraph == spec.usageLine {
        writer.macro("Dl " + MdocWriter.argument(paragraph))
      } else {
        writer.sentences(paragraph)
      }
    }
    if !spec.arguments.isEmpty {
      writer.definitions(spec.arguments.map { ($0.name, $0.helpText + ".") })
    }
    let own = spec.flags.filter { $0.group == .command }
    if !own.isEmpty { write(&writer, flags: own) }
    let notes =
      spec.environment.map { ($0.name, $0.summary + ".") }
      + spec.exitStatuses.map { ("Status \($0.status)", $0.summary + ".") }
    if !notes.isEmpty { writer.definitions(notes) }
    if !spec.examples.isEmpty { write(&writer, examples: spec.examples) }
  }

  private func write(_ writer: inout MdocWriter, flags: [FlagSpec]) {
    writer.macro("Bl -tag -width Ds")
    for flag in flags {
      writer.macro("It " + flag.mdocTerm)
      writer.sentences(flag.summary + ".")
      if let details = flag.details { writer.sentences(details) }
      if flag.isRepeatable { writer.sentences("May be given more than once.") }
      if let text = flag.defaultText { writer.sentences("Default: \(text).") }
      if let variable = flag.environment { writer.sentences("Environment: \(variable).") }
      if !flag.choices.isEmpty {
        writer.definitions(flag.choices.map { ($0.value, $0.summary + ".") }, isCompact: true)
      }
    }
    writer.macro("El")
  }

  private func write(_ writer: inout MdocWriter, examples: [Example]) {
    var lines: [String] = []
    for example in examples {
      lines.append("# " + example.summary)
      lines.append(example.command)
    }
    writer.code(lines)
  }

  private func write(_ writer: inout MdocWriter, section topic: HelpTopic) {
    writer.section(topic.name.uppercased().split(separator: "-").joined(separator: " "))
    write(&writer, blocks: topic.blocks)
  }

  private func write(_ writer: inout MdocWriter, blocks: [HelpTopic.Block]) {
    for (index, block) in blocks.enumerated() {
      switch block {
      case .heading(let heading): writer.macro("Ss " + heading)
      case .paragraph(let words):
        if index > 0, !blocks[index - 1].isHeading { writer.macro("Pp") }
        writer.sentences(words)
      case .definitions(let items): writer.definitions(items)
      case .code(let lines): writer.code(lines)
      }
    }
  }

  private func seeAlso(_ writer: inout MdocWriter, _ pages: [String]) {
    writer.section("SEE ALSO")
    for (index, page) in pages.enumerated() {
      writer.macro("Xr \(page)" + (index + 1 < pages.count ? " ," : ""))
    }
  }

  private func dashed(_ name: String) -> String {
    name.split(separator: " ").joined(separator: "-")
  }
}

extension GroupSpec {
  fileprivate func isBelow(_ other: GroupSpec) -> Bool { name.hasPrefix(other.name + " ") }
}

extension HelpTopic.Block {
  fileprivate var isHeading: Bool { if case .heading = self { true } else { false } }
}

extension [FlagSpec] {
  fileprivate var firstOfEachName: [FlagSpec] {
    reduce(into: []) { kept, flag in
      if !kept.contains(where: { $0.name == flag.name }) { kept.append(flag) }
    }
  }
}

extension FlagSpec {
  /// `Fl o , Fl Fl output Ar FORMAT`
  fileprivate var mdocTerm: String {
    let letter = short.map { "Fl \($0) , " } ?? ""
    let dashed = MdocWriter.literal(name)
    switch arity {
    case .toggle(let negatable):
      return letter + "Fl Fl \(dashed)" + (negatable ? " , Fl Fl no\\-\(dashed)" : "")
    case .value(let value), .repeated(let value):
      return letter + "Fl Fl \(dashed) Ar " + MdocWriter.argument(value)
    case .rest(let value):
      return letter + "Fl Fl \(dashed) Ar " + MdocWriter.argument(value) + " ..."
    case .optionalValue(let value, _):
      return letter + "Fl Fl \(dashed) Ns Op = Ns Ar " + MdocWriter.argument(value)
    }
  }
}
