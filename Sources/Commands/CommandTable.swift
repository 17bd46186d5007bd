import AdapterCore
import CLI

/// The one list of all commands. Help, man pages, completions and the reference are rendered
/// from it.
public enum CommandTable {
  /// A group of commands, the first word of the grammar.
  public static let groups: [GroupSpec] = [
    GroupSpec("db", "Query, load, migrate, copy and back up SQL databases"),
    GroupSpec("config", "Show and change nb's configuration"),
  ]

  public static var commands: [any Command.Type] {
    [
      DoctorCommand.self
    ]
  }
}
