/// A bar of a given style and width.
struct ProgressBar {
  let style: ProgressOptions.Style
  let textStyle: Style

  /// Columns that are not track: the brackets.
  private var frame: Int { style == .line ? 0 : 2 }

  /// The bar in exactly `width` columns, at least 5.
  func render(_ fraction: Double, width: Int) -> String {
    let track = max(1, width - frame)
    switch style {
    case .blocks: return "▕" + blocks(fraction, track) + "▏"
    case .ascii: return "[" + ascii(fraction, track) + "]"
    default: return line(fraction, track)
    }
  }

  private func line(_ fraction: Double, _ track: Int) -> String {
    let halves = Int(fraction * Double(track * 2))
    let done = repeated("━", halves / 2) + (halves % 2 == 1 ? "╸" : "")
    let rest = repeated("─", track - (halves + 1) / 2)
    return textStyle.cyan(done) + textStyle.dim(rest)
  }

  private func blocks(_ fraction: Double, _ track: Int) -> String {
    let eighths = Int(fraction * Double(track * 8))
    let partial = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8]
    let rest = repeated(" ", track - (eighths + 7) / 8)
    return textStyle.cyan(repeated("█", eighths / 8) + partial) + rest
  }

  private func ascii(_ fraction: Double, _ track: Int) -> String {
    let done = Int(fraction * Double(track))
    guard done < track else { return textStyle.cyan(repeated("=", track)) }
    let head = done > 0 ? repeated("=", done - 1) + ">" : ""
    return textStyle.cyan(head) + repeated(" ", track - done)
  }

  private func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: max(0, count))
  }
}
