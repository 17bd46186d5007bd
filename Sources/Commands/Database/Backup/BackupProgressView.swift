import AdapterCore
import Terminal

/// The phases of a backup or a restore, one shown after the other.
final class BackupProgressView {
  /// What the command does, beside the bar.
  private let label: String
  private let options: ProgressOptions
  private let context: CommandContext
  private var phase: BackupProgress.Phase?
  private var shown: ShownProgress?
  /// What the copy comes to.
  private(set) var totalBytes = 0

  init(_ label: String, _ options: ProgressOptions, _ context: CommandContext) {
    self.label = label
    self.options = options
    self.context = context
  }

  func show(_ progress: BackupProgress) {
    if progress.phase != phase {
      end()
      phase = progress.phase
      let label = progress.phase == .copying ? label : "verify"
      shown = context.startProgress(label, total: progress.totalBytes, unit: .bytes, options)
    }
    guard let total = progress.totalBytes else {
      shown?.update(to: progress.doneBytes)
      return
    }
    totalBytes = total
    shown?.update(to: progress.doneBytes, of: total)
  }

  func end() {
    shown?.end()
    shown = nil
    phase = nil
  }
}
