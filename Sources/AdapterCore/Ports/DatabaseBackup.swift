/// Whole-database copies to and from one file.
public protocol DatabaseBackup: AnyObject {
  /// Writes a consistent copy while others read and write, verifies it, then moves it into place.
  ///
  /// Throws `conflict` when the file exists and `overwrite` is false, `data` when the copy turns out
  /// damaged, `io` when it cannot be written, `denied` when something may not be read. Whatever
  /// fails, nothing is left behind.
  @discardableResult
  func backUp(
    to path: String, overwrite: Bool, progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> BackupSummary

  /// Verifies a backup, asks `confirm`, and replaces the database's content with it: in one
  /// transaction where the engine can, so that others see what was before, or all of the backup.
  /// Returns false when `confirm` did.
  ///
  /// Throws `notFound` without the file, `data` when it is no undamaged backup of this engine.
  func restore(
    from path: String, confirm: (RestorePlan) throws(AdapterError) -> Bool,
    progress: (BackupProgress) -> Void
  ) throws(AdapterError) -> Bool
}

/// What a backup came to.
public struct BackupSummary: Equatable, Sendable {
  public var bytes: Int
  /// What the database holds and the backup does not, each as a phrase: "2 large objects".
  public var notCarried: [String]

  public init(bytes: Int, notCarried: [String] = []) {
    self.bytes = bytes
    self.notCarried = notCarried
  }
}

/// How far a backup or a restore is.
public struct BackupProgress: Equatable, Sendable {
  public enum Phase: String, Sendable {
    case verifying, copying
  }

  public var phase: Phase
  public var doneBytes: Int
  /// nil: not known in this phase, or not yet.
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
  /// What the database holds now that no backup of nb's carries, each as a phrase.
  public var notCarried: [String]

  public init(current: Extent, backup: Extent, notCarried: [String] = []) {
    self.current = current
    self.backup = backup
    self.notCarried = notCarried
  }
}
