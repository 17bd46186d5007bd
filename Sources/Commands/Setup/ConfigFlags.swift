import AdapterCore
import CLI

/// What the `config` commands share.
enum ConfigFlags {
  static let key = ArgumentSpec(
    "KEY", completion: .configKey, summary: "A key such as output, or profile.NAME.KEY")

  static let project = FlagSpec(
    "project", summary: "Change the project's nb.toml instead of the user's file",
    details: "The nearest one from the working directory upwards; without one, a new one there.")
}

extension ConfigEdit {
  /// The file that the flags choose. Throws `config` when there is no home folder to keep one in.
  init(_ invocation: Invocation, _ context: CommandContext) throws(AdapterError) {
    let locations = context.configuration.locations
    if invocation.isSet(ConfigFlags.project) {
      self.init(
        path: locations.findProjectFile() ?? ConfigLocations.projectFileName, scope: .project)
    } else if let path = locations.editedFile {
      self.init(path: path, scope: .user)
    } else {
      throw AdapterError(
        .config, "there is no home folder for a configuration file",
        hint: "set HOME or XDG_CONFIG_HOME, or use --config FILE or --project")
    }
  }
}
