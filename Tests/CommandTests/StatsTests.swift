import TestSupport
import Testing

@Suite struct StatsTests {
  @Test func countsBytesAndRowsOfEveryTable() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    try fixture.ok(
      "db", "exec", "app.db",
      """
      create index by_age on users (age);
      create table pairs (a, b, primary key (a, b)) without rowid;
      with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
      insert into pairs select i, printf('%064d', i) from n
      """)
    let rows = try fixture.ok("db", "stats", "app.db").split(separator: "\n").map {
      $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
    func value(_ kind: String, _ name: String, _ figure: String) -> String? {
      rows.first { $0[0] == kind && $0[1] == name && $0[2] == figure }?[3]
    }
    #expect(value("table", "users", "rows") == "3")
    // In a table without rowid the inner pages hold rows too.
    #expect(value("table", "pairs", "rows") == "5000")
    #expect(value("index", "by_age", "size") == "4096")
    #expect(value("index", "by_age", "rows") == nil)
    #expect(value("database", "app.db", "page_size") == "4096")
    #expect(value("database", "app.db", "journal_mode") == "delete")
    let sizes = rows.filter { $0[2] == "size" && $0[0] != "database" }.compactMap { Int($0[3]) }
    #expect(value("database", "app.db", "size") == String(sizes.reduce(0, +)))
    #expect(rows.allSatisfy { $0.count == 5 })
  }

  @Test func showsTheLogOfADatabaseInWALMode() throws {
    let fixture = try Fixture()
    try fixture.makeUsers()
    let holder = try NB.start(
      ["db", "exec", "sqlite:app.db?journal_mode=wal", "--no-tx", "-f", "-"],
      in: fixture.directory)
    try holder.write("insert into users values (9, 'Zoe', 1) returning 'written';\n")
    try holder.waitForOutput("written")
    let log = try fixture.ok("db", "stats", "app.db", "-o", "csv").split(separator: "\n")
      .first { $0.contains("wal_size") }
    #expect(log.map { !$0.contains(",0,bytes") } == true, "\(log ?? "")")
    _ = try holder.finish()
  }

  @Test func aMissingDatabaseIsNotFound() throws {
    #expect(try Fixture().nb("db", "stats", "app.db").status == 66)
  }
}
