import AdapterCore

extension HelpTopic {
  static let environment = HelpTopic(
    name: "environment", summary: "Environment variables that nb reads",
    blocks: [
      .paragraph(
        "A flag comes before its variable; an empty variable counts as not set. A value that does "
          + "not fit is an error."),
      .definitions(
        flagVariables + keyVariables + [
          ("NO_COLOR", "Not empty: no colour, unless `--color` says otherwise."),
          ("FORCE_COLOR, CLICOLOR_FORCE", "Not empty and not 0: colour into pipes too."),
          ("CLICOLOR", "0: no colour."),
          ("TERM", "dumb: no colour and no progress bars."),
          ("XDG_CONFIG_HOME", "Where the user's configuration lies; default: `~/.config`."),
          ("PGHOST, PGPORT, PGUSER, PGPASSWORD …", "libpq's own, for PostgreSQL's targets."),
        ]),
    ])

  private static let flags = OutputFlags.all + ProgressFlags.all + GlobalFlags.all

  private static var flagVariables: [(term: String, text: String)] {
    flags.compactMap { flag in
      flag.environment.map { ($0, "As `\(flag.longForm)`: \(flag.summary.lowercasingFirst).") }
    }
  }

  /// Variables of keys that have no flag for every command.
  private static var keyVariables: [(term: String, text: String)] {
    ConfigKey.all.compactMap { key in
      guard let name = key.environment, !flags.contains(where: { $0.environment == name }) else {
        return nil
      }
      return (name, "As the key `\(key.name)`: \(key.summary.lowercasingFirst).")
    }
  }
}
