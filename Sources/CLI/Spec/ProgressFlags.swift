/// The flags of every command that shows progress.
public enum ProgressFlags {
  public static let progress = FlagSpec(
    "progress", .value(name: "WHEN"),
    choices: [
      Choice("auto", "bars on a terminal, otherwise a line every 10 s"),
      Choice("always", "bars, also where stderr is no terminal"),
      Choice("lines", "plain lines, also on a terminal"),
      Choice("never", "none"),
    ],
    group: .output, summary: "How to show progress on stderr", environment: "NB_PROGRESS",
    defaultText: "auto")

  public static let style = FlagSpec(
    "progress-style", .value(name: "STYLE"),
    choices: [
      Choice("auto", "line where the locale is UTF-8, otherwise ascii"),
      Choice("line", "a thin line"),
      Choice("blocks", "blocks in eighths of a column"),
      Choice("ascii", "[===>   ]"),
      Choice("none", "figures only"),
    ],
    group: .rare, summary: "What progress bars look like", environment: "NB_PROGRESS_STYLE",
    defaultText: "auto")

  public static let width = FlagSpec(
    "progress-width", .value(name: "COLUMNS"), group: .rare,
    summary: "The most columns of a progress bar", environment: "NB_PROGRESS_WIDTH",
    defaultText: "40")

  public static let interval = FlagSpec(
    "progress-interval", .value(name: "DURATION"), group: .rare,
    summary: "Time between two updates of the progress",
    details: "At least 50ms: progress is drawn at most 20 times a second.",
    environment: "NB_PROGRESS_INTERVAL", defaultText: "100ms for bars, 10s for lines")

  /// All of them, in the order of the help.
  public static let all = [progress, style, width, interval]
}
