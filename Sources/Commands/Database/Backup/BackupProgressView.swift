import AdapterCore
import Terminal

/// The phases of a backup or a restore, one shown after the other.
final class BackupProgressView {
  private let options: ProgressOptions
  private let context: CommandContext
  private var phase: BackupProgress.Phase?
  private var shown: ShownProgress?
  /// What the copy comes to.
  private(set) var totalBytes = 0

  init(_ options: ProgressOptions, _ context: CommandContext) {
    self.options = options
    self.context = context
  }

  func show(_ progress: BackupProgress) {
    if progress.phase != phase {
      end()
      phase = progress.phase
      let label = progress.phase == .copying ? "copy" : "verify"
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
