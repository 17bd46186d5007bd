import CPosix
import Platform
import Synchronization

/// stderr as a person sees it: notes one below the other, and under them a block of lines that is
/// redrawn in place.
///
/// While a block stands the cursor is hidden and rests at the block's first column. A terminal that
/// is resized keeps the cursor at its character, however it breaks the lines anew, so the next
/// drawing starts at the right place without asking where that is.
public final class StatusArea: Sendable {
  /// No two drawings of a block stand closer together: at most 20 a second.
  public static let leastInterval = Duration.milliseconds(50)

  private struct State {
    /// The block that stands, as it was written; nil when none does.
    var block: String?
    /// The columns it was made for.
    var columns = 0
    var lastDrawing = MonotonicInstant(nanoseconds: 0)
  }

  /// To the first column; clears from there to the end of the screen. Lines wrap again, also when
  /// Ctrl-C made the terminal drop the end of a drawing.
  private static let erase = wrapLines + "\r\u{1B}[J"
  private static let hideCursor = "\u{1B}[?25l"
  private static let showCursor = "\u{1B}[?25h"
  /// DECAWM off and on. A block is written without wrapping: when the terminal became narrower since its
  /// size was read, a line is cut, where a wrapped one would move all that stands below it.
  private static let cutLines = "\u{1B}[?7l"
  private static let wrapLines = "\u{1B}[?7h"

  private let descriptor: Int32
  private let terminal: Terminal
  private let state = Mutex(State())

  public init(terminal: Terminal, descriptor: Int32 = Terminal.Stream.errors.rawValue) {
    self.terminal = terminal
    self.descriptor = descriptor
  }

  /// Prints one line for a person, above the block. It may hold untrusted text: on a terminal,
  /// control characters are shown escaped.
  public func note(_ text: String) {
    let isTerminal = terminal.isTerminal(.errors)
    print([isTerminal ? text.escapingControls() : text])
  }

  /// Prints finished lines, above the block.
  public func print(_ lines: [String]) {
    state.withLock { state in
      guard let block = state.block, terminal.isInForeground(.errors) else {
        return write(lines: lines)
      }
      // Many notes in a row must not draw the block as often; the next drawing brings it back.
      let now = MonotonicInstant.now
      let mayDraw =
        now.since(state.lastDrawing) >= Self.leastInterval
        && terminal.size(of: .errors).columns == state.columns
      if mayDraw { state.lastDrawing = now }
      write(Self.erase + Self.joined(lines) + (mayDraw ? block : ""))
    }
  }

  /// Prints finished lines and draws the block anew below them; no block while nb runs in the
  /// background.
  ///
  /// - Parameter columns: the terminal's columns, which the lines must fit.
  public func draw(finished: [String] = [], block lines: [String], columns: Int) {
    guard terminal.isInForeground(.errors), nb_is_dying() == 0 else {
      return write(lines: finished)
    }
    let block = Self.render(lines)
    state.withLock { state in
      if state.block == nil { protectTerminal() }
      let above = finished.map { $0 + "\u{1B}[K\n" }.joined()
      write(Self.hideCursor + "\r" + above + block)
      state.block = block
      state.columns = columns
      state.lastDrawing = .now
    }
  }

  /// Each line clears what a longer one left; the cursor goes back to the block's first column.
  private static func render(_ lines: [String]) -> String {
    var text = cutLines + lines.joined(separator: "\u{1B}[K\n") + "\u{1B}[J"
    if lines.count > 1 { text += "\u{1B}[\(lines.count - 1)A" }
    return text + "\r" + wrapLines
  }

  /// Removes the block and shows the cursor.
  public func clear() {
    state.withLock { state in
      guard state.block != nil else { return }
      state.block = nil
      // In the background SIGTSTP has cleared it already, and the screen is the shell's.
      if terminal.isInForeground(.errors) { write(Self.erase + Self.showCursor) }
      nb_restore_on_death(descriptor, "", 0)
    }
  }

  /// From here on a death by signal leaves the terminal as `clear` does.
  private func protectTerminal() {
    let restore = Self.erase + Self.showCursor
    nb_restore_on_death(descriptor, restore, restore.utf8.count)
  }

  private static func joined(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

  private func write(lines: [String]) { write(Self.joined(lines)) }

  /// Writes in one piece, so that no half of a drawing is seen; there is nobody to tell of an error.
  private func write(_ text: String) {
    var text = text
    text.withUTF8 { try? writeAll(UnsafeRawBufferPointer($0), to: descriptor) }
  }
}
