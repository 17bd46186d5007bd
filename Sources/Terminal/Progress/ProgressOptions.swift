import Platform

/// How a command's progress is shown; made from --progress and its companions.
public struct ProgressOptions: Sendable {
  public enum Mode: String, CaseIterable, Sendable {
    /// Bars on a terminal, otherwise lines.
    case auto
    /// Bars, also where stderr is no terminal.
    case always
    /// Now and then one plain line.
    case lines
    case never
  }

  public enum Style: String, CaseIterable, Sendable {
    /// `line` where the locale writes UTF-8, otherwise `ascii`.
    case auto
    /// `━━━━╸───`
    case line
    /// `▕███▌   ▏`
    case blocks
    /// `[===>   ]`
    case ascii
    /// Figures only.
    case none
  }

  /// What `barWidth` may be; a bar with fewer columns says nothing.
  public static let barWidths = 6...500

  public var mode = Mode.auto
  public var style = Style.auto
  /// The most columns of a bar.
  public var barWidth = 40
  /// Time between two drawings, at least `StatusArea.leastInterval`; nil: 100 ms for bars, 10 s
  /// for lines.
  public var interval: Duration?
  /// --quiet: nothing is shown.
  public var isQuiet = false
  /// The command prints data to stdout: no bars are drawn into it when stdout is a terminal.
  public var printsData = false

  public init() {}

  /// What is shown in the end.
  enum Presentation: Equatable { case nothing, bars, lines }

  func presentation(on terminal: Terminal) -> Presentation {
    if isQuiet || mode == .never { return .nothing }
    let canDraw = terminal.isTerminal(.errors) && terminal.canMoveCursor
    let wantsBars = mode == .always || (mode == .auto && canDraw)
    guard wantsBars else { return .lines }
    // Who says always wants them all the same.
    return mode == .auto && printsData && terminal.isTerminal(.output) ? .nothing : .bars
  }
}
