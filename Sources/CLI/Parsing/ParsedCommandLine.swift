/// What a command line asks for.
public enum ParsedCommandLine: Sendable {
  case command(Invocation)
  case version
  /// Help on a command or group; the empty name is the whole program.
  case help(name: String, HelpDetail)
  /// A group, or nothing at all, was named without a command.
  case incomplete(name: String)
}

/// How much help was asked for.
public enum HelpDetail: Sendable {
  /// `-h`: one screen.
  case brief
  /// `--help`: everything.
  case full
}
