import AdapterCore
import CSQLite
import Platform

/// SQLite 3 as an adapter of the `SQLDatabase` port; linked statically, so it is always there.
public enum SQLiteAdapter {
  public static let schemes = ["sqlite", "file"]

  /// The library with those of its features that not every build has.
  public static var library: EmbeddedLibrary {
    let options = compileOptions
    let features = [
      ("FTS5", options.contains("ENABLE_FTS5")), ("JSON", !options.contains("OMIT_JSON")),
      ("R*Tree", options.contains("ENABLE_RTREE")),
      ("math functions", options.contains("ENABLE_MATH_FUNCTIONS")),
      ("session", options.contains("ENABLE_SESSION")),
    ]
    return EmbeddedLibrary(
      name: "SQLite", version: String(cString: sqlite3_libversion()), serves: "sqlite: databases",
      features: features.filter(\.1).map(\.0))
  }

  /// The options the library was compiled with, "ENABLE_FTS5" and the like.
  public static var compileOptions: [String] {
    var options: [String] = []
    while let option = sqlite3_compileoption_get(Int32(options.count)) {
      options.append(String(cString: option))
    }
    return options
  }

  /// Opens the file at `address.path`, or a private database in memory for ":memory:".
  ///
  /// Throws `notFound` for a missing file unless `options` say otherwise, `data` for a file that is no
  /// database, `denied` without permission, `usage` or `config` for a wrong setting.
  public static func open(
    _ address: Target.Address, _ options: SQLOpenOptions, _ operation: OperationContext
  ) throws(AdapterError) -> any SQLDatabase {
    try openConnection(address, options, operation)
  }

  static func openConnection(
    _ address: Target.Address, _ options: SQLOpenOptions, _ operation: OperationContext
  ) throws(AdapterError) -> SQLiteDatabase {
    let start = MonotonicInstant.now
    let settings = try SQLiteSettings(address.settings)
    if options.missingIsEmpty, !FileSystem.exists(address.path) {
      if address.path != ":memory:" { try checkFolder(of: address.path) }
      return try connect(
        ":memory:", settings, SQLOpenOptions(access: .read), operation, displayName: address.path)
    }
    if address.path != ":memory:" { try checkFile(address.path, options.access) }
    let database: SQLiteDatabase
    do throws(AdapterError) {
      database = try connect(address.path, settings, options, operation)
    } catch {
      guard options.access == .read, error.leavesRecoveryToWriter else { throw error }
      // A process died while it wrote. Whoever may write undoes that first.
      _ = try connect(address.path, settings, SQLOpenOptions(access: .write), operation)
      database = try connect(address.path, settings, options, operation)
    }
    operation.metrics.recordConnect(MonotonicInstant.now.since(start))
    return database
  }

  /// Opens a file that is known to be there, or to be created.
  ///
  /// - Parameter displayName: what messages call the database, if not by its path.
  static func connect(
    _ path: String, _ settings: SQLiteSettings, _ options: SQLOpenOptions,
    _ operation: OperationContext, displayName: String? = nil
  ) throws(AdapterError) -> SQLiteDatabase {
    let access = options.access
    // A database in memory is always empty and private: it is opened for writing, and
    // `query_only` refuses what `read` must not do.
    let isInMemory = path == ":memory:"
    let isReadOnly = access == .read && !isInMemory
    var flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_URI
    flags |= isReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
    if access == .create || isInMemory { flags |= SQLITE_OPEN_CREATE }

    let isFileNew = access == .create && !isInMemory && !FileSystem.exists(path)
    var handle: OpaquePointer?
    let code = sqlite3_open_v2(settings.fileName(for: path), &handle, flags, nil)
    guard let handle else { throw AdapterError(.io, "SQLite could not allocate a connection") }
    let database = SQLiteDatabase(
      handle: handle, path: path, displayName: displayName, access: access, operation: operation)
    guard code == SQLITE_OK else { throw database.error(code, doing: .opening) }
    if !isInMemory { try SQLiteFile.refuseCutShort(database) }
    database.lockTimeout = LockTimeout(settings.busyTimeout, options.lockWait)
    try database.configure(settings, isFileNew: isFileNew)
    return database
  }

  /// SQLite answers "unable to open database file" to everything; these checks say what it is.
  ///
  /// The file is looked at and not opened: closing any descriptor of it would drop the locks that
  /// another connection of this process has on it (fcntl(2)).
  private static func checkFile(
    _ path: String, _ access: SQLOpenOptions.Access
  ) throws(AdapterError) {
    let kind: FileStatus.Kind
    do throws(Errno) {
      kind = try FileStatus(path: path).kind
      if kind == .directory { throw Errno.isDirectory }
      try FileSystem.checkReadable(path)
    } catch {
      switch error {
      case .noSuchFile where access == .create:
        return try checkFolder(of: path)
      case .noSuchFile:
        throw AdapterError(
          .notFound, "cannot open \(path): no such file", code: error.name,
          hint: access == .read
            ? "check the path" : "check the path, or create the database with --create")
      case .isDirectory:
        throw AdapterError(
          .data, "cannot open \(path): it is a directory", code: error.name,
          hint: "name the database file in it")
      default:
        throw AdapterError(error, doing: "open", path: path)
      }
    }
    // SQLite would wait for the other end of a pipe.
    if kind == .pipe || kind == .socket {
      throw AdapterError(
        .data, "cannot open \(path): it is a \(kind)",
        hint: "a database is read here and there, so it must be a file; save it in one first")
    }
  }

  private static func checkFolder(of path: String) throws(AdapterError) {
    do throws(Errno) {
      try FileSystem.checkWritable(FileSystem.parent(of: path))
    } catch {
      throw AdapterError(
        error, doing: "create", path: path,
        hint: "the folder must exist, and this user must be able to write in it")
    }
  }
}
