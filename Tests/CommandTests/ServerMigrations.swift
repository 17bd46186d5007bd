import Foundation
import TestSupport

/// A folder of migrations and a database of a server's that `nb db migrate` brings together.
struct ServerMigrations {
  let fixture: Fixture
  let database: TestDatabase
  /// Where nb connects to.
  let url: String

  /// - Parameter pooler: what nb connects through, if not to the server itself.
  init(on server: TestServer, through pooler: TestServer? = nil) throws {
    fixture = try Fixture()
    database = try TestDatabase(on: server)
    url = (pooler ?? server).url(database: database.name)
    try FileManager.default.createDirectory(
      atPath: fixture.directory.file("migrations"), withIntermediateDirectories: false)
  }

  func write(_ text: String, to name: String) throws {
    try fixture.directory.write(text, to: "migrations/" + name)
  }

  /// 1_users and 2_orders, each a table, in both directions.
  func writeUsersAndOrders() throws {
    try write(
      "-- migrate:up\ncreate table users (id int);\n-- migrate:down\ndrop table users;\n",
      to: "1_users.sql")
    try write(
      "-- migrate:up\ncreate table orders (id int);\n-- migrate:down\ndrop table orders;\n",
      to: "2_orders.sql")
  }

  func migrate(_ command: String, _ arguments: String...) throws -> NB.Result {
    try NB.run(["db", "migrate", command, url] + arguments, in: fixture.directory)
  }

  func start(_ command: String, _ arguments: String...) throws -> RunningNB {
    try NB.start(["db", "migrate", command, url] + arguments, in: fixture.directory)
  }

  /// The tables but nb's own, by name.
  func tables() throws -> [String] {
    let schema = database.server.kind == .mariadb ? "database()" : "current_schema()"
    return try database.sql(
      """
      select table_name from information_schema.tables
      where table_schema = \(schema) and table_name not like 'nb\\_%' order by 1
      """
    ).split(separator: "\n").map(String.init)
  }

  /// version, state and statements of the history.
  func journal() throws -> String {
    try database.sql("select version, state, statements from nb_migrations order by version")
  }

  /// Waits until a statement of the database's that begins so runs, or waits, on the server.
  func waitForStatement(_ beginning: String, of running: RunningNB) throws {
    let query =
      database.server.kind == .mariadb
      ? """
      select count(*) from information_schema.processlist
      where db = '\(database.name)' and info like '\(beginning)%'
      """
      : """
      select count(*) from pg_stat_activity
      where datname = '\(database.name)' and state = 'active' and query like '\(beginning)%'
      """
    let server = database.server
    try running.wait { (try? server.sql(query)) == "1\n" }
  }
}
