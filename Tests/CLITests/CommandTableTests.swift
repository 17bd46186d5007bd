import AdapterCore
import AdapterRegistry
import CLI
import Commands
import Foundation
import Testing

/// What holds for every command of nb.
@Suite struct CommandTableTests {
  static let catalog = CommandTable.catalog
  static let specs = catalog.entries.map(\.spec)
  static let flags = specs.flatMap(\.flags) + GlobalFlags.all

  @Test func everyEntryIsCalledAsItsSpecSays() {
    for entry in Self.catalog.entries {
      #expect(entry.name == entry.spec.path.joined(separator: " "))
      #expect(entry.isHidden == entry.spec.isHidden, "\(entry.name)")
    }
  }

  @Test func namesAreUniqueAndNoCommandIsAGroup() {
    let names = Self.catalog.entries.map(\.name)
    #expect(Set(names).count == names.count)
    let groups = Set(Self.catalog.groups.map(\.name))
    #expect(groups.isDisjoint(with: names), "a command and a group at once")
  }

  @Test func everyGroupHasCommandsAndEveryCommandItsGroup() {
    for group in Self.catalog.groups {
      #expect(Self.catalog.isPrefix(group.name), "\(group.name) has no commands")
    }
    for spec in Self.specs where spec.path.count > 1 {
      let parent = spec.path.dropLast().joined(separator: " ")
      #expect(
        Self.catalog.group(parent) != nil || Self.catalog.entry(parent) != nil,
        "\(spec.name) is in no group and beside no command")
    }
  }

  @Test func namesAndLettersOfFlagsAreUniqueWithinACommand() {
    for spec in Self.specs {
      let flags = spec.flags + GlobalFlags.all
      let names = flags.flatMap(\.longNames)
      #expect(Set(names).count == names.count, "\(spec.name): \(names)")
      let letters = flags.compactMap(\.short)
      #expect(Set(letters).count == letters.count, "\(spec.name): \(letters)")
    }
  }

  @Test func summariesAreShortAndWithoutFullStop() {
    let summaries =
      Self.flags.map { ("--" + $0.name, $0.summary) }
      + Self.specs.map { ($0.name, $0.summary) }
      + Self.specs.flatMap { spec in spec.arguments.map { (spec.name, $0.summary) } }
      + Self.specs.flatMap { spec in spec.examples.map { (spec.name, $0.summary) } }
      + Self.catalog.groups.map { ($0.name, $0.summary) }
    for (name, summary) in summaries {
      #expect(!summary.isEmpty && summary.count <= 70, "\(name): \(summary)")
      #expect(!summary.hasSuffix("."), "\(name): \(summary)")
      #expect(summary.first?.isLowercase == false, "\(name): \(summary)")
    }
  }

  @Test func detailsAreSentences() {
    for flag in Self.flags {
      if let details = flag.details { #expect(details.hasSuffix("."), "--\(flag.name)") }
    }
    for paragraph in Self.specs.flatMap(\.description) {
      #expect(paragraph.hasSuffix(".") || paragraph.hasSuffix(":"), "\(paragraph)")
    }
  }

  @Test func choicesOfferMoreThanOneAndDefaultsAreAmongThem() {
    for flag in Self.flags {
      #expect(flag.choices.count != 1, "--\(flag.name)")
      #expect(Set(flag.choices.map(\.value)).count == flag.choices.count, "--\(flag.name)")
      if case .optionalValue(_, let standard) = flag.arity, !flag.choices.isEmpty {
        #expect(flag.choices.contains { $0.value == standard }, "--\(flag.name)")
      }
      if case .toggle = flag.arity { #expect(flag.choices.isEmpty, "--\(flag.name)") }
    }
  }

  @Test func argumentsThatMayBeMissingComeLast() {
    for spec in Self.specs {
      let ranks = spec.arguments.map { argument in
        switch argument.arity {
        case .required: 0
        case .optional: 1
        case .repeated: 2
        }
      }
      #expect(ranks == ranks.sorted(), "\(spec.name)")
      #expect(ranks.filter { $0 == 2 }.count <= 1, "\(spec.name)")
      for argument in spec.arguments {
        #expect(argument.name == argument.name.uppercased(), "\(spec.name)")
      }
    }
  }

  @Test func aVariableIsTheDefaultOfOneFlagOnly() {
    var owners: [String: Set<String>] = [:]
    for flag in Self.flags {
      if let variable = flag.environment { owners[variable, default: []].insert(flag.name) }
    }
    for (variable, names) in owners {
      #expect(names.count == 1, "\(variable): \(names)")
      #expect(variable.hasPrefix("NB_"), "\(variable)")
    }
  }

  @Test func everyVisibleCommandHasAnExampleThatCallsIt() {
    for spec in Self.specs where !spec.isHidden {
      #expect(!spec.examples.isEmpty, "\(spec.name) has no example")
      for example in spec.examples {
        #expect(
          example.command.contains(spec.name), "\(example.command) does not call \(spec.name)")
      }
    }
  }

  @Test func everyExampleParses() {
    for spec in Self.specs {
      for example in spec.examples { expectToParse(example.command) }
    }
  }

  @Test(arguments: [
    "api.md", "habits.md", "mariadb.md", "migrations.md", "postgresql.md", "schema.md",
  ])
  func everyCommandInADocumentParses(_ document: String) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/\(document)")
    let commands = MarkdownCode.spans(in: try String(contentsOf: file, encoding: .utf8))
      .filter { $0.contains("nb db ") && $0.contains("$") }
    #expect(document != "habits.md" || commands.count > 40)
    for command in commands { expectToParse(command) }
  }

  /// Every call of nb in a line of shell must parse, and there must be one.
  private func expectToParse(_ line: String) {
    let parser = CommandLineParser(Self.catalog)
    let calls = ShellLine.calls(of: "nb", in: line)
    #expect(!calls.isEmpty, "\(line) calls no nb")
    for words in calls {
      do {
        guard case .command = try parser.parse(words) else {
          Issue.record("\(line) calls no command")
          continue
        }
      } catch {
        Issue.record("\(line): \(error.message)")
      }
    }
  }

  @Test func everyVariableIsExplained() throws {
    let page = try #require(HelpTopic.named("environment")).text
    let terms = Set(page.split { " ,\n".contains($0) })
    let variables = Self.flags.map(\.environment) + ConfigKey.all.map(\.environment)
    for variable in variables.compactMap(\.self) {
      #expect(terms.contains(Substring(variable)), "\(variable)")
    }
  }

  @Test func everyBackendIsExplained() throws {
    let page = try #require(HelpTopic.named("targets")).text
    let target = try #require(Self.specs.flatMap(\.arguments).first { $0.name == "TARGET" })
    for scheme in AdapterRegistry.sqlSchemes where scheme != "file" {
      #expect(page.contains(scheme + (scheme == "sqlite" ? ":" : "://")), "\(scheme)")
    }
    for scheme in ["sqlite:", "postgres:", "mysql:"] {
      #expect(target.summary.contains(scheme), "\(target.summary)")
    }
  }

  /// A line longer than the screen is one that cannot be broken: an example.
  @Test(arguments: HelpTopic.all.map(\.name))
  func topicsFitTheScreen(_ name: String) throws {
    let page = try #require(HelpTopic.named(name)).text
    for line in page.split(separator: "\n") where line.count > 80 {
      #expect(line.hasPrefix("  nb "), "\(line)")
    }
  }

  @Test func topicsAreNoCommands() {
    for topic in HelpTopic.all {
      #expect(!Self.catalog.hasHelp(topic.name), "\(topic.name)")
      #expect(topic.summary.count <= 70 && !topic.summary.hasSuffix("."))
    }
  }
}
