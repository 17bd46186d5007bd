import AdapterCore
import CLI
import Platform

/// `nb __render`: writes the files that are generated from the command table.
enum RenderCommand: Command {
  struct Options {
    enum Part: String { case man, reference, help, all }

    var part: Part
    var folder: String
  }

  static let spec = CommandSpec(
    path: ["__render"], summary: "Write the files generated from the command table",
    arguments: [
      ArgumentSpec(
        "PART",
        choices: [
          Choice("man", "man/*.1 and man/*.5"), Choice("reference", "docs/reference.md"),
          Choice("help", "Tests/Goldens/*.txt"), Choice("all", "all of them"),
        ], summary: "Which files"),
      ArgumentSpec("DIR", completion: .directory, summary: "The project's folder"),
    ], isHidden: true)

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(
      part: invocation.argument(0).flatMap(Options.Part.init) ?? .all,
      folder: invocation.argument(1) ?? ".")
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    for file in files(options.part) { try write(file.text, to: options.folder + "/" + file.path) }
  }

  /// The generated files, their paths relative to the project's folder.
  private static func files(_ part: Options.Part) -> [(path: String, text: String)] {
    let catalog = CommandTable.catalog
    switch part {
    case .man:
      return ManualPages(catalog, version: Program.version).all.map {
        ("man/" + $0.fileName, $0.text)
      }
    case .reference:
      return [("docs/reference.md", ReferenceManual(catalog).text)]
    case .help:
      return helpScreens(HelpText(catalog), catalog)
    case .all:
      return files(.man) + files(.reference) + files(.help)
    }
  }

  /// What `-h` and `--help` print for each command and group, one file each.
  private static func helpScreens(
    _ help: HelpText, _ catalog: CommandCatalog
  ) -> [(path: String, text: String)] {
    let names = [""] + catalog.groups.map(\.name) + catalog.visibleEntries(below: "").map(\.name)
    return names.filter(catalog.hasHelp).map { name in
      let call = name.isEmpty ? "nb" : "nb " + name
      let text =
        "$ \(call) -h\n" + help.render(name, .brief) + "\n$ \(call) --help\n"
        + help.render(name, .full)
      let file = call.split(separator: " ").joined(separator: "-")
      return ("Tests/Goldens/\(file).txt", text)
    }
  }

  private static func write(_ text: String, to path: String) throws(AdapterError) {
    do throws(Errno) {
      try FileSystem.createFolders(parentFolder(of: path))
      try SmallFile.replace(path, with: Array(text.utf8), mode: 0o644)
    } catch {
      throw AdapterError(error, doing: "write", path: path)
    }
  }
}
