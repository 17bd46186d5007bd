import AdapterCore
import AdapterRegistry
import CLI

/// `nb doctor`
enum DoctorCommand: Command {
  struct Options {
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["doctor"], summary: "Show which client libraries are present and what they serve",
    description: [
      """
      Lists the libraries that are part of nb, and those it loads when they are first needed. One \
      that is missing disables only what it serves; the package to install is named.
      """
    ],
    flags: OutputFlags.all,
    examples: [
      Example("nb doctor", "What works on this machine"),
      Example("nb doctor -o json", "The same for a script"),
    ],
    exitStatuses: [ExitStatusNote(0, "also when libraries are missing")])

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    Options(output: try RecordOutputOptions(invocation, context, isLenient: true))
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    var records = Records([
      "library", "state", "version", "serves", "package", "path", "details",
    ])
    for library in Libraries.embedded {
      records.append(
        library.name, "built in", library.version, library.serves, nil, nil,
        library.features.isEmpty ? nil : library.features.joined(separator: ", "))
    }
    for library in Libraries.clients {
      switch library.load() {
      case .present(let version, let path):
        records.append(
          library.name, "present", version, library.serves, library.package, path, nil)
      case .missing(let reason):
        records.append(
          library.name, "missing", nil, library.serves, library.package, nil, reason)
        context.operation.note(
          "\(library.name), needed for \(library.serves), is missing; "
            + "to install it: apt install \(library.package)")
      }
    }
    try records.push(to: context.makeRowSink(options.output))
  }
}
