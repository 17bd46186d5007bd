import CPosix
import Glibc
import Platform

/// What nb knows of the terminal it runs on; found out once, at the start.
public struct Terminal: Sendable {
  public enum Stream: Int32, CaseIterable, Sendable {
    case input = 0
    case output = 1
    case errors = 2
  }

  private let terminals: [Bool]
  private let colors: [Bool]
  private let columnsVariable: Int?
  /// Whether the cursor can be moved: TERM is set and not "dumb".
  public let canMoveCursor: Bool
  /// Whether the locale writes UTF-8.
  public let isUTF8: Bool

  /// - Parameters:
  ///   - color: what --color says; nil for `auto`.
  ///   - environment: looks a variable up; nil when it is not set.
  ///   - isTerminal: whether the descriptor is a terminal (isatty(3)).
  public init(
    color: Bool? = nil,
    environment: (String) -> String? = Environment.value,
    isTerminal: (Int32) -> Bool = { isatty($0) == 1 }
  ) {
    let terminals = Stream.allCases.map { isTerminal($0.rawValue) }
    let canMoveCursor = !["", "dumb"].contains(environment("TERM") ?? "")
    let forced = color ?? Self.colorForced(by: environment)
    self.terminals = terminals
    self.canMoveCursor = canMoveCursor
    colors = terminals.map { forced ?? ($0 && canMoveCursor) }
    columnsVariable = environment("COLUMNS").flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    isUTF8 = Self.isUTF8(environment)
  }

  /// What the environment says whatever the stream is: NO_COLOR (https://no-color.org), then
  /// FORCE_COLOR and CLICOLOR_FORCE, then CLICOLOR=0; nil when it says nothing.
  private static func colorForced(by environment: (String) -> String?) -> Bool? {
    func isOn(_ name: String) -> Bool { !["", "0"].contains(environment(name) ?? "") }
    if environment("NO_COLOR").map({ !$0.isEmpty }) ?? false { return false }
    if isOn("FORCE_COLOR") || isOn("CLICOLOR_FORCE") { return true }
    return environment("CLICOLOR") == "0" ? false : nil
  }

  /// The first of the three variables that is set decides (setlocale(3)).
  private static func isUTF8(_ environment: (String) -> String?) -> Bool {
    for name in ["LC_ALL", "LC_CTYPE", "LANG"] {
      guard let value = environment(name), !value.isEmpty else { continue }
      let lowercased = value.lowercased()
      return lowercased.hasSuffix("utf-8") || lowercased.hasSuffix("utf8")
        || lowercased.contains("utf-8@") || lowercased.contains("utf8@")
    }
    return false
  }

  public func isTerminal(_ stream: Stream) -> Bool { terminals[Int(stream.rawValue)] }

  /// How to style text on a stream; without colour, not at all.
  public func style(_ stream: Stream) -> Style {
    Style(isEnabled: colors[Int(stream.rawValue)])
  }

  /// Columns and rows as they are now: what the terminal says (TIOCGWINSZ), else COLUMNS, else
  /// 80 × 24.
  public func size(of stream: Stream) -> (columns: Int, rows: Int) {
    var columns: Int32 = 0
    var rows: Int32 = 0
    let isKnown = nb_window_size(stream.rawValue, &columns, &rows) == 0
    return (
      columns: isKnown && columns > 0 ? Int(columns) : columnsVariable ?? 80,
      rows: isKnown && rows > 0 ? Int(rows) : 24
    )
  }

  /// Whether nb may draw on a stream's terminal: not while it runs in the background of a shell's
  /// job control (tcgetpgrp(3)).
  public func isInForeground(_ stream: Stream) -> Bool {
    let foreground = tcgetpgrp(stream.rawValue)
    return foreground == -1 || foreground == getpgrp()
  }
}
