/// The flags that every command takes.
public enum GlobalFlags {
  public static let help = FlagSpec(
    "help", short: "h", group: .global,
    summary: "Show help: -h the essentials, --help everything")

  public static let version = FlagSpec(
    "version", short: "V", group: .global, summary: "Print the version and exit")

  public static let quiet = FlagSpec(
    "quiet", short: "q", group: .global, summary: "Print no notes and no progress",
    details: "Errors are still printed on stderr.")

  public static let color = FlagSpec(
    "color", .value(name: "WHEN"),
    choices: [
      Choice("auto", "on a terminal"), Choice("always", "also into pipes"),
      Choice("never", "no colour"),
    ],
    group: .global, summary: "When to use colour",
    details:
      "Without the flag NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE and CLICOLOR count in this order, "
      + "then whether the stream is a terminal. JSON is never coloured.",
    defaultText: "auto")

  public static let errorFormat = FlagSpec(
    "error-format", .value(name: "FORMAT"),
    choices: [
      Choice("text", "lines for a person"), Choice("json", "one JSON object on one line"),
    ],
    group: .global, summary: "How errors are printed on stderr",
    details:
      "The JSON object has the keys kind, status, message, code, position, hint, details and "
      + "retryable.",
    environment: "NB_ERROR_FORMAT", defaultText: "text")

  public static let timeout = FlagSpec(
    "timeout", .value(name: "DURATION"), group: .global,
    summary: "Stop after this time with exit status 124",
    details:
      "A number with a unit: 500ms, 30s, 5m, 1h, 2d; without one, seconds. What runs on a server "
      + "is cancelled there too.",
    environment: "NB_TIMEOUT", defaultText: "no limit")

  public static let stats = FlagSpec(
    "stats", .optionalValue(name: "FORMAT", default: "text"),
    choices: [Choice("text", "lines for a person"), Choice("json", "one JSON object on one line")],
    group: .global, summary: "Print times, rows, bytes and retries on stderr")

  public static let config = FlagSpec(
    "config", .value(name: "FILE"), completion: .file(["toml"]), group: .global,
    summary: "Read this configuration file instead of the usual ones",
    environment: "NB_CONFIG")

  /// All of them, in the order of the help.
  public static let all = [help, version, quiet, color, errorFormat, timeout, stats, config]

  /// The value that a flag has on a line that was not, or cannot be, parsed.
  public static func value(of flag: FlagSpec, inUnparsed words: [String]) -> String? {
    let name = "--" + flag.name
    var value: String?
    for (index, word) in words.prefix(while: { $0 != "--" }).enumerated() {
      if word == name, index + 1 < words.count { value = words[index + 1] }
      if word.hasPrefix(name + "=") { value = String(word.dropFirst(name.count + 1)) }
    }
    return value
  }
}
