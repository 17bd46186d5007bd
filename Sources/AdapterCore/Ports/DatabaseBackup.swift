/// Whole-database copies to and from one file.
public protocol DatabaseBackup: AnyObject {
  /// Writes a consistent copy while others read and write, verifies it, then moves it into place.
  ///
  /// Throws `conflict` when the file exists and `overwrite` is false, `data` when the copy turns out
  /// damaged, `io` when it cannot be written. Whatever fails, nothing is left behind.
  func backUp(
    to path: String, overwrite: Bool, progress: (BackupProgress) -> Void
  ) throws(AdapterError)

  /// Verifies a backup, asks `confirm`, and replaces the database's content with it in one
  /// transaction: others see what was before, or all of the backup. Returns false when `confirm` did.
  ///
  /// Throws `notFound` without the file, `data` when it is no undamaged backup.
  func restore(
    from path: String, confirm: (RestorePlan) throws(AdapterError) -> Bool,
    progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> Bool
}

/// How far a backup or a restore is.
public struct BackupProgress: Equatable, Sendable {
  public enum Phase: String, Sendable {
    case verifying, copying
  }

  public var phase: Phase
  public var doneBytes: Int
  /// nil: not known in this phase.
  public var totalBytes: Int?

  public init(_ phase: Phase, doneBytes: Int = 0, totalBytes: Int? = nil) {
    self.phase = phase
    self.doneBytes = doneBytes
    self.totalBytes = totalBytes
  }
}

/// What a restore is about to replace, for a person to confirm.
public struct RestorePlan: Equatable, Sendable {
  /// How much a database holds.
  public struct Extent: Equatable, Sendable {
    public var tables: Int
    public var bytes: Int

    public init(tables: Int, bytes: Int) {
      self.tables = tables
      self.bytes = bytes
    }
  }

  public var current: Extent
  public var backup: Extent

  public init(current: Extent, backup: Extent) {
    self.current = current
    self.backup = backup
  }
}
