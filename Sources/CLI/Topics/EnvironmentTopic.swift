extension HelpTopic {
  static let environment = HelpTopic(
    name: "environment", summary: "Environment variables that nb reads",
    blocks: [
      .paragraph(
        "A flag comes before its variable; an empty variable counts as not set. A value that does "
          + "not fit is an error."),
      .definitions(
        ([OutputFlags.output, OutputFlags.header] + GlobalFlags.all).compactMap { flag in
          flag.environment.map { ($0, "As `\(flag.longForm)`: \(flag.summary.lowercasingFirst).") }
        } + [
          ("NO_COLOR", "Not empty: no colour, unless `--color` says otherwise."),
          ("FORCE_COLOR, CLICOLOR_FORCE", "Not empty and not 0: colour into pipes too."),
          ("CLICOLOR", "0: no colour."),
          ("TERM", "dumb: no colour and no progress bars."),
          ("XDG_CONFIG_HOME", "Where the user's configuration lies; default: `~/.config`."),
        ]),
    ])
}
