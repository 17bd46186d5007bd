import AdapterCore
import AdapterRegistry
import TestSupport
import Testing

/// A relational backend as the contract suite sees it: how to get an empty database, and what
/// differs between engines, as data. A new backend is one value of this type and one entry of `all`.
struct SQLBackend: Sendable, CustomTestStringConvertible {
  enum Feature: String, CaseIterable, Sendable {
    case backup, search, statistics, partitions
  }

  /// Names of types in DDL.
  struct Types: Sendable {
    var integer: String
    var real: String
    var text: String
    /// Text of up to 100 characters, fit for a key.
    var key: String
    var bytes: String
    var json: String
    /// A type that keeps a decimal of 20 + 9 digits exact.
    var decimal: String
    var boolean: String
  }

  var name: String
  /// A database of its own, empty, dropped when the object goes.
  var makeDatabase: @Sendable () throws -> any ScratchDatabase
  var types: Types
  /// What a stored Boolean is read back as.
  var trueReadsAs: Value = .bool(true)
  /// What a stored decimal is read back as, by its digits.
  var decimalReadsAs: @Sendable (String) -> Value = { .decimal($0) }
  /// Whether text may hold U+0000.
  var storesNUL = false
  /// Whether an error's position has a column.
  var reportsColumn = true
  /// A query of one row that runs for minutes.
  var slowQuery: String
  /// A query whose rows never end, of one integer column.
  var endlessQuery: String
  /// Settings of a connection that waits only a moment for locks.
  var impatient: [Target.Setting]
  /// Settings of a connection that waits for locks for minutes.
  var patient: [Target.Setting]
  /// Whether the sum of a table's columns may be beyond this.
  var maximumColumns: Int
  var features: Set<Feature>

  var testDescription: String { name }

  static let all: [SQLBackend] =
    [.sqlite] + (TestServers.areRunning ? [.postgresql, .mariadb] : [])
}

/// A database for one test.
protocol ScratchDatabase: AnyObject, Sendable {
  var address: Target.Address { get }
}

extension ScratchDatabase {
  /// A new connection, which keeps the database alive unless an operation is given.
  func open(
    _ access: SQLOpenOptions.Access = .write, settings: [Target.Setting] = [],
    operation: OperationContext? = nil
  ) throws -> any SQLDatabase {
    var address = address
    address.settings += settings
    let operation = operation ?? OperationContext(note: { [self] _ in _ = self })
    return try AdapterRegistry.openSQL(address, SQLOpenOptions(access: access), operation)
  }
}
