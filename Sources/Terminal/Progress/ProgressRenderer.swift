import Platform

/// Turns snapshots into lines that fit a terminal.
struct ProgressRenderer {
  private let style: ProgressOptions.Style
  private let barWidth: Int
  private let textStyle: Style
  private let isUTF8: Bool

  private static let leastBar = ProgressOptions.barWidths.lowerBound
  private static let gap = "  "

  init(_ options: ProgressOptions, terminal: Terminal) {
    isUTF8 = terminal.isUTF8 && options.style != .ascii
    textStyle = terminal.style(.errors)
    barWidth = max(Self.leastBar, options.barWidth)
    style = options.style == .auto ? (terminal.isUTF8 ? .line : .ascii) : options.style
  }

  // MARK: Block

  /// One line for each task, as many as fit; aligned in columns.
  ///
  /// - Parameter frame: counts the drawings; turns the spinner.
  func block(
    _ tasks: [ProgressSnapshot], columns: Int, rows: Int, frame: Int
  ) -> [String] {
    guard columns >= 5 else { return [] }
    let room = max(1, rows - 1)
    let shown = tasks.count > room ? Array(tasks.prefix(max(1, room - 1))) : tasks
    let layout = Layout(shown, columns: columns - 1, bar: style == .none ? 0 : barWidth)
    var lines = shown.map { line($0, layout, marker: spinner(frame)) }
    if shown.count < tasks.count && room > 1 {
      let text = "  \(ellipsis) and \(tasks.count - shown.count) more"
      lines.append(TextColumns.truncate(text, to: columns - 1, ellipsis: ""))
    }
    return lines
  }

  /// The line that stays when a task has ended.
  func finalLine(_ task: ProgressSnapshot, columns: Int) -> String {
    let isDone = task.outcome == .done
    let marker =
      isDone
      ? textStyle.green(isUTF8 ? "✓" : "done") : textStyle.red(isUTF8 ? "✗" : "failed")
    let seconds = task.elapsed.inSeconds
    var cells = [
      isDone ? task.unit.amount(task.completed) : Self.amount(task),
      seconds < 10 ? Figures.oneDecimal(seconds) + " s" : Figures.duration(task.elapsed),
    ]
    if seconds > 0.1 { cells.append(task.unit.rate(Double(task.completed) / seconds)) }
    let figures = cells.map { Self.gap + $0 }.joined()
    let room = columns - 2 - (isUTF8 ? 1 : isDone ? 4 : 6)
    guard room > 0 else { return "" }
    let labelRoom = max(min(8, room), room - DisplayWidth.of(figures))
    let label = TextColumns.truncate(task.label, to: labelRoom, ellipsis: ellipsis)
    return marker + " " + TextColumns.truncate(label + figures, to: room, ellipsis: "")
  }

  private func line(_ task: ProgressSnapshot, _ layout: Layout, marker: String) -> String {
    let label = TextColumns.truncate(task.label, to: layout.label, ellipsis: ellipsis)
    var parts: [String] = []
    if layout.label > 0 { parts.append(TextColumns.padRight(label, to: layout.label)) }
    if layout.bar > 0 {
      let bar = ProgressBar(style: style, textStyle: textStyle)
      parts.append(
        task.fraction.map { bar.render($0, width: layout.bar) }
          ?? String(repeating: " ", count: layout.bar))
    }
    for (cell, width) in layout.cells {
      parts.append(TextColumns.padLeft(cell.text(task), to: width))
    }
    return textStyle.cyan(marker) + " " + parts.joined(separator: Self.gap)
  }

  private func spinner(_ frame: Int) -> String {
    let frames = isUTF8 ? Array("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏") : Array("|/-\\")
    return String(frames[frame % frames.count])
  }

  private var ellipsis: String { isUTF8 ? "…" : "..." }

  // MARK: Plain line

  /// All tasks in one line without any control character, for logs.
  static func plainLine(_ tasks: [ProgressSnapshot]) -> String {
    var texts = tasks.prefix(3).map(plain)
    if tasks.count > 3 { texts.append("and \(tasks.count - 3) more") }
    return texts.joined(separator: "; ")
  }

  private static func plain(_ task: ProgressSnapshot) -> String {
    var figures: [String] = []
    if task.fraction != nil { figures.append(Cell.percent.text(task)) }
    if !amount(task).isEmpty { figures.append(amount(task)) }
    if let rate = task.rate { figures.append(task.unit.rate(rate)) }
    figures.append("\(Figures.duration(task.elapsed)) elapsed")
    if let remaining = task.remaining { figures.append("\(Figures.duration(remaining)) left") }
    return "\(task.label): " + figures.joined(separator: ", ")
  }

  /// Empty for work that counts nothing.
  private static func amount(_ task: ProgressSnapshot) -> String {
    if task.total == nil, task.completed == 0 { return "" }
    return task.total.map { task.unit.amount(task.completed, of: $0) }
      ?? task.unit.amount(task.completed)
  }

  // MARK: Layout

  /// The figures of a line, in the order they stand.
  private enum Cell: CaseIterable {
    case percent, amount, rate, elapsed, remaining

    func text(_ task: ProgressSnapshot) -> String {
      switch self {
      case .percent: task.fraction.map { "\(Int($0 * 100))%" } ?? ""
      case .amount: ProgressRenderer.amount(task)
      case .rate: task.rate.map(task.unit.rate) ?? ""
      case .elapsed: Figures.duration(task.elapsed)
      case .remaining:
        task.total == nil ? "" : "ETA " + (task.remaining.map(Figures.duration) ?? "-:--")
      }
    }

    /// Room for what usually comes, so that the bar's width does not jump.
    func width(_ task: ProgressSnapshot) -> Int {
      let width = DisplayWidth.of(text(task))
      switch self {
      case .percent: return task.total == nil ? 0 : 4
      case .amount:
        let whole = task.total.map { DisplayWidth.of(task.unit.amount($0, of: $0)) }
        return max(width, whole ?? 0)
      case .rate: return max(width, 11)
      case .elapsed: return width
      case .remaining: return task.total == nil ? 0 : max(width, 8)
      }
    }
  }

  /// Which parts of the lines there is room for, and how wide they are.
  private struct Layout {
    var label: Int
    var bar: Int
    var cells: [(cell: Cell, width: Int)]

    /// The time that has passed is given up for a bar of this width.
    private static let comfortableBar = 20

    /// In the order in which they are given up.
    private static let dispensable: [Cell] = [.elapsed, .rate, .amount, .remaining]

    init(_ tasks: [ProgressSnapshot], columns: Int, bar wantedBar: Int) {
      // The spinner and a space stand before.
      let columns = columns - 2
      let labelWidth = tasks.map { DisplayWidth.of($0.label) }.max() ?? 0
      label = min(labelWidth, max(12, columns / 3))
      bar = tasks.contains { $0.total != nil } ? min(wantedBar, ProgressRenderer.leastBar) : 0
      cells = Cell.allCases.compactMap { cell in
        let width = tasks.map(cell.width).max() ?? 0
        return width == 0 ? nil : (cell, width)
      }
      let comfortable = min(wantedBar, Self.comfortableBar) - bar
      if bar > 0 && width + comfortable > columns { cells.removeAll { $0.cell == .elapsed } }
      for cell in Self.dispensable where width > columns { cells.removeAll { $0.cell == cell } }
      if width > columns { bar = 0 }
      if width > columns { label = max(0, label - (width - columns)) }
      if width > columns { cells = [] }
      if bar > 0 { bar = min(wantedBar, bar + columns - width) }
      let spare = columns - width
      if label > 0 && spare > 0 { label = min(labelWidth, label + spare) }
    }

    private var width: Int {
      let widths = [label, bar].filter { $0 > 0 } + cells.map(\.width)
      return widths.reduce(0, +) + max(0, widths.count - 1) * ProgressRenderer.gap.utf8.count
    }
  }
}
