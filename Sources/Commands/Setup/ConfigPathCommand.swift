import AdapterCore
import CLI
import Platform

/// `nb config path`
enum ConfigPathCommand: Command {
  struct Options {
    var scope: ConfigFile.Scope?
    var output: RecordOutputOptions
  }

  static let spec = CommandSpec(
    path: ["config", "path"], summary: "Show where the configuration files are",
    description: [
      """
      One record per file; state is present or missing. With SCOPE only its path is printed, whether \
      the file is there or not.
      """
    ],
    arguments: [
      ArgumentSpec(
        "SCOPE", .optional,
        choices: [
          Choice("project", "nb.toml of the project"), Choice("user", "the user's own file"),
        ], summary: "Which file")
    ],
    flags: OutputFlags.all,
    examples: [
      Example("nb config path", "Both files"),
      Example("nb config path user | xargs -o vi", "Edit the user's file"),
    ])

  static let isInstant = true

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    var output = try RecordOutputOptions(invocation, context, isLenient: true)
    let scope = invocation.argument(0).flatMap(ConfigFile.Scope.init)
    if scope != nil, invocation.string(OutputFlags.output) == nil { output.format = .tsv }
    return Options(scope: scope, output: output)
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let locations = context.configuration.locations
    let project = locations.findProjectFile() ?? ConfigLocations.projectFileName
    let paths: [(ConfigFile.Scope, String?)] = [
      (.project, project), (.user, locations.editedFile),
    ]
    var records = Records(options.scope == nil ? ["scope", "path", "state"] : ["path"])
    for (scope, path) in paths {
      if options.scope == scope {
        records.append(path)
      } else if options.scope == nil {
        let isPresent = path.map { FileSystem.exists($0) } ?? false
        records.append(scope.rawValue, path, isPresent ? "present" : "missing")
      }
    }
    try records.push(to: context.makeRowSink(options.output))
  }
}
