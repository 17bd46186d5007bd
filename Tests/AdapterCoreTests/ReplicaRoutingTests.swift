import AdapterCore
import Synchronization
import Testing

/// A connection of which only the host and its lag are known: what is tested is the choice of hosts.
private final class Host: SQLDatabase, ReplicationStatus {
  let displayName: String
  private let delay: Duration?

  init(_ name: String, delay: Duration?) {
    displayName = name
    self.delay = delay
  }

  func lag() -> Duration? { delay }
  var replication: (any ReplicationStatus)? { self }
  let dialect = SQLDialect.postgresql
  let isInTransaction = false
  func ping() {}
  func begin(_ mode: TransactionMode) {}
  func commit() {}
  func rollback() {}
  func interrupt() {}
  func close() {}
  var localFiles: [String] { [] }
  func tableNames() -> [TableName] { [] }
  func schema(table: String?) -> Schema { Schema() }
  func createTableStatement(
    _ table: TableName, columns: [Column], primaryKey: [String]
  ) -> String { "" }
  func prepare(_ statement: SQLText) throws(AdapterError) -> any SQLStatement { throw unasked }
  func makeLoader(_ request: LoadRequest) throws(AdapterError) -> any RowLoader { throw unasked }
  func lockMigrations(wait: Deadline) throws(AdapterError) -> any MigrationLock { throw unasked }
  private var unasked: AdapterError { AdapterError(.bug, "not asked of a host") }
}

@Suite struct ReplicaRoutingTests {
  private final class Notes: Sendable {
    let lines = Mutex<[String]>([])
  }

  /// Opens by the settings of a URL; hosts "dead" and "locked" fail, "slow" is 9 s behind.
  private func open(
    _ url: String, _ options: SQLOpenOptions
  ) throws -> (host: String, notes: [String], settings: [String]) {
    let notes = Notes()
    let operation = OperationContext(note: { line in notes.lines.withLock { $0.append(line) } })
    guard case .address(let address) = try Target.parse(url) else { return ("", [], []) }
    var settings: [String] = []
    let routing = try ReplicaRouting(address, operation)
    let database = try routing.open(options) { host throws(AdapterError) in
      let name = host.host ?? ""
      settings = host.settings.map { "\($0.key)=\($0.value)" }
      if name == "dead" { throw AdapterError(.unavailable, "refused") }
      if name == "locked" { throw AdapterError(.denied, "wrong password") }
      return Host(name, delay: name == "main" ? nil : .seconds(name == "slow" ? 9 : 1))
    }
    return (database.displayName, notes.lines.withLock { $0 }, settings)
  }

  private let readsReplica = SQLOpenOptions(access: .read, readHost: .replica())

  @Test func readingGoesToAReplicaAndAllElseToThePrimary() throws {
    let url = "postgres://main/db?read_hosts=r1,r2:5433&connect_timeout=9"
    var seen: Set<String> = []
    for _ in 0..<64 { seen.insert(try open(url, readsReplica).host) }
    #expect(seen == ["r1", "r2:5433"])
    #expect(try open(url, SQLOpenOptions(access: .write)).host == "main")
    #expect(try open(url, SQLOpenOptions(access: .read)).host == "main")
    #expect(try open(url, readsReplica).settings == ["connect_timeout=9"])
  }

  @Test func theWriteHostTakesThePlaceOfTheURLs() throws {
    let url = "postgres://cluster/db?write_host=main&read_hosts=r1"
    #expect(try open(url, SQLOpenOptions(access: .write)).host == "main")
    #expect(try open(url, SQLOpenOptions(access: .write)).settings == [])
    #expect(try open(url, readsReplica).settings == ["connect_timeout=3"])
  }

  @Test func aDeadReplicaIsLeftOutAndSaid() throws {
    for _ in 0..<16 {
      let result = try open("postgres://main/db?read_hosts=dead,r1", readsReplica)
      #expect(result.host == "r1")
      #expect(result.notes.isEmpty || result.notes == ["replica dead is left out: refused"])
    }
    let result = try open("postgres://main/db?read_hosts=dead", readsReplica)
    #expect(result.host == "main")
    #expect(
      result.notes == [
        "replica dead is left out: refused", "no replica is fit; reading from the primary",
      ])
  }

  @Test(arguments: [
    ("postgres://main/db?read_hosts=slow&max_lag=5s", nil, "main"),
    ("postgres://main/db?read_hosts=slow&max_lag=10s", nil, "slow"),
    ("postgres://main/db?read_hosts=slow&max_lag=10s", Duration.seconds(2), "main"),
    ("postgres://main/db?read_hosts=slow", Duration.seconds(2), "main"),
    ("postgres://main/db?read_hosts=slow", nil, "slow"),
  ])
  func aReplicaTooFarBehindIsLeftOut(_ url: String, _ limit: Duration?, _ host: String) throws {
    let options = SQLOpenOptions(access: .read, readHost: .replica(maximumLag: limit))
    let result = try open(url, options)
    #expect(result.host == host)
    #expect(result.notes.isEmpty == (host == "slow"))
  }

  @Test func aReplicaThatRefusesTheUserIsNotPassedOver() {
    #expect(throws: AdapterError.self) {
      try open("postgres://main/db?read_hosts=locked", readsReplica)
    }
  }

  @Test(arguments: [
    "postgres://main/db?read_hosts=a,,b", "postgres://main/db?read_hosts=a:99999",
    "postgres://main/db?write_host=", "postgres://main/db?max_lag=soon",
  ])
  func malformedSettingsAreUsageErrors(_ url: String) throws {
    #expect {
      try open(url, readsReplica)
    } throws: {
      ($0 as? AdapterError)?.kind == .usage
    }
  }
}
