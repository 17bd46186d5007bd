import Foundation
import TestSupport
import Testing

/// `nb db partition` on both servers that have partitions.
@Suite(.needsServers) struct PartitionTests {
  private let fixture: Fixture

  init() throws { fixture = try Fixture() }

  private func partition(
    _ verb: String, _ database: TestDatabase, _ arguments: String...
  ) throws -> NB.Result {
    try NB.run(["db", "partition", verb, database.url] + arguments, in: fixture.directory)
  }

  /// The columns partition, from, to and remark of what a command printed.
  private func ranges(_ result: NB.Result) throws -> [String] {
    #expect(result.status == 0, "\(result.errors)")
    return result.output.split(separator: "\n").map { line in
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      return [cells[1], cells[3], cells[4], cells[8]].joined(separator: " ")
    }
  }

  private func makePostgres() throws -> TestDatabase {
    let database = try TestDatabase(on: TestServers.postgres)
    try database.sql(
      """
      create table events (id bigint, at date not null, twice bigint generated always as (id * 2)
        stored, primary key (id, at)) partition by range (at);
      create index on events (twice);
      """)
    return database
  }

  private func makeMariaDB() throws -> TestDatabase {
    let database = try TestDatabase(on: TestServers.mariadb)
    try database.sql(
      """
      create table events (id bigint, at date not null, primary key (id, at))
        partition by range columns (at) (partition p202312 values less than ('2024-01-01'));
      """)
    return database
  }

  // MARK: PostgreSQL

  @Test func rangesAreAddedOnceAndListed() throws {
    let database = try makePostgres()
    let plan = try partition(
      "add", database, "events", "--every", "month", "--from", "2024-01-15", "--to", "2024-03-01",
      "--dry-run")
    #expect(
      plan.output.contains(
        "ATTACH PARTITION \"events_p20240101\" FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');"),
      "\(plan.output)\(plan.errors)")
    #expect(try ranges(partition("list", database, "events")) == [])
    let wanted = ["--every", "month", "--from", "2024-01-15", "--to", "2024-03-01"]
    let add = ["db", "partition", "add", database.url, "events"] + wanted
    #expect(
      try ranges(NB.run(add, in: fixture.directory)) == [
        "events_p20240101 2024-01-01 2024-02-01 \\N", "events_p20240201 2024-02-01 2024-03-01 \\N",
      ])
    let again = try NB.run(add, in: fixture.directory)
    #expect(again.status == 0 && again.output.isEmpty)
    #expect(again.errors.contains("nothing to do"))
    #expect(
      try ranges(
        partition(
          "add", database, "events", "--from", "2024-05-01", "--to", "2024-06-01", "--name", "may"))
        == ["may 2024-05-01 2024-06-01 \\N"])
    // Without --from it goes on behind the newest.
    #expect(
      try ranges(partition("add", database, "events", "--to", "2024-07-01"))
        == ["events_p20240601 2024-06-01 2024-07-01 \\N"])
    try database.sql("insert into events (id, at) values (1, '2024-01-31'), (2, '2024-05-01')")
    try database.sql("analyze events")
    #expect(
      try ranges(partition("list", database)) == [
        "events_p20240101 2024-01-01 2024-02-01 \\N", "events_p20240201 2024-02-01 2024-03-01 \\N",
        "may 2024-05-01 2024-06-01 gap before it, from 2024-03-01",
        "events_p20240601 2024-06-01 2024-07-01 \\N",
      ])
    // The indexes and keys of the table are there.
    #expect(
      try database.sql("select count(*) from pg_index where indrelid = 'may'::regclass") == "2\n")
    let json = try partition("list", database, "events", "-o", "json").output
    #expect(json.contains("\"partition\":\"may\",\"method\":\"range\""), "\(json)")
    #expect(json.contains("\"rows\":1,"), "\(json)")
    let overlap = try partition(
      "add", database, "events", "--from", "2024-05-15", "--to", "2024-05-20")
    #expect(overlap.status == 73)
    #expect(overlap.errors.contains("overlaps the partition may, 2024-05-01 to 2024-06-01"))
  }

  @Test(arguments: [TestServer.Kind.postgres, .mariadb])
  func aDailyJobKeepsAhead(kind: TestServer.Kind) throws {
    let database = try kind == .postgres ? makePostgres() : makeMariaDB()
    if kind == .mariadb {
      // Where no gap may be, all since the newest is made.
      try database.sql(
        "alter table events add partition (partition old values less than ('2026-01-01'))")
    }
    let arguments = ["--every", "month", "--ahead", "3"]
    let job = ["db", "partition", "add", database.url, "events"] + arguments
    let first = try ranges(NB.run(job, in: fixture.directory))
    let calendar = Calendar(identifier: .iso8601)
    var utc = calendar
    utc.timeZone = TimeZone(identifier: "UTC")!
    let now = utc.dateComponents([.year, .month], from: Date())
    let last = (now.year ?? 0) * 12 + (now.month ?? 0) - 1 + 4
    let end = String(format: "%04d-%02d-01", last / 12, last % 12 + 1)
    #expect(first.last?.contains(" \(end) ") == true, "\(first)")
    #expect(kind == .mariadb || first.count == 4, "\(first)")
    #expect(try NB.run(job, in: fixture.directory).output.isEmpty)
  }

  @Test func rowsOfTheDefaultPartitionAreMovedWhenAskedTo() throws {
    let database = try makePostgres()
    try database.sql(
      """
      create table events_rest partition of events default;
      insert into events (id, at) values (1, '2024-01-10'), (2, '2024-02-10');
      """)
    let refused = try partition(
      "add", database, "events", "--from", "2024-01-01", "--to", "2024-02-01")
    #expect(refused.status == 73)
    #expect(refused.errors.contains("events_rest holds rows from 2024-01-01 to 2024-02-01"))
    #expect(refused.errors.contains("--move-rows"))
    let moved = try partition(
      "add", database, "events", "--from", "2024-01-01", "--to", "2024-02-01", "--move-rows")
    #expect(moved.status == 0, "\(moved.errors)")
    #expect(try database.sql("select id, twice from events_p20240101") == "1\t2\n")
    #expect(try database.sql("select id from events_rest") == "2\n")
    #expect(
      try ranges(partition("list", database, "events")).last
        == "events_rest \\N \\N takes all other values")
  }

  @Test func partitionsGoByNameAndByAge() throws {
    let database = try makePostgres()
    _ = try NB.run(
      [
        "db", "partition", "add", database.url, "events", "--every", "month", "--from",
        "2024-01-01", "--to", "2024-07-01",
      ], in: fixture.directory)
    let unasked = try partition("drop", database, "events", "events_p20240101")
    #expect(unasked.status == 2)
    #expect(unasked.errors.contains("--yes"))
    let unknown = try partition("drop", database, "events", "events_p2024010", "--yes")
    #expect(unknown.status == 66)
    #expect(unknown.errors.contains("did you mean 'events_p20240101'?"))
    let plan = try partition("drop", database, "events", "--before", "2024-03-01", "--dry-run")
    #expect(
      plan.output == "DROP TABLE \"events_p20240101\";\nDROP TABLE \"events_p20240201\";\n",
      "\(plan.errors)")
    #expect(
      try ranges(partition("drop", database, "events", "--before", "2024-03-01", "--yes")).count
        == 2)
    let detached = try partition(
      "drop", database, "events", "events_p20240301", "--detach", "--yes")
    #expect(detached.status == 0, "\(detached.errors)")
    #expect(
      try database.sql("select relispartition from pg_class where relname = 'events_p20240301'")
        == "f\n")
    let concurrent = try partition(
      "drop", database, "events", "events_p20240401", "--concurrently", "--yes")
    #expect(concurrent.status == 0, "\(concurrent.errors)")
    #expect(try ranges(partition("list", database, "events")).count == 2)
    // All of them ended long ago.
    #expect(
      try ranges(partition("drop", database, "events", "--older-than", "90d", "--yes")).count == 2)
    let nothing = try partition("drop", database, "events", "--older-than", "90d", "--yes")
    #expect(nothing.status == 0)
    #expect(nothing.errors.contains("nothing to do"))
  }

  @Test func numbersZonesListsAndSchemas() throws {
    let database = try TestDatabase(on: TestServers.postgres)
    try database.sql(
      """
      create schema other;
      create table other.n (id bigint) partition by range (id);
      create table z (at timestamptz) partition by range (at);
      create table l (c text) partition by list (c);
      create table l_a partition of l for values in ('a', 'b');
      create table h (i int) partition by hash (i);
      create table h_0 partition of h for values with (modulus 2, remainder 0);
      create table plain (i int);
      """)
    #expect(
      try ranges(
        partition("add", database, "other.n", "--every", "1000", "--from", "-1000", "--to", "1000"))
        == ["other.n_pm1000 -1000 0 \\N", "other.n_p0 0 1000 \\N"])
    #expect(
      try ranges(partition("add", database, "other.n", "--every", "1000", "--to", "3000")).count
        == 2)
    let zoned = try NB.run(
      [
        "db", "partition", "add", database.url + "?timezone=Europe/Berlin", "z", "--every", "day",
        "--from", "2024-03-30", "--to", "2024-04-01",
      ], in: fixture.directory)
    #expect(
      try ranges(zoned) == [
        "z_p20240330 2024-03-30 00:00:00+01 2024-03-31 00:00:00+01 \\N",
        "z_p20240331 2024-03-31 00:00:00+01 2024-04-01 00:00:00+02 \\N",
      ])
    let hours = try NB.run(
      [
        "db", "partition", "add", database.url + "?timezone=UTC", "z", "--every", "hour", "--from",
        "2025-01-01 22:30:00", "--to", "2025-01-02",
      ], in: fixture.directory)
    #expect(
      try ranges(hours) == [
        "z_p2025010122 2025-01-01 22:00:00+00 2025-01-01 23:00:00+00 \\N",
        "z_p2025010123 2025-01-01 23:00:00+00 2025-01-02 00:00:00+00 \\N",
      ])
    let all = try partition("list", database).output
    #expect(all.contains("l\tl_a\tlist\t\\N\t\\N\tFOR VALUES IN ('a', 'b')\t"), "\(all)")
    #expect(all.contains("h\th_0\thash\t"), "\(all)")
    #expect(try partition("list", database, "plain").status == 66)
    #expect(try partition("list", database, "nowhere").status == 66)
    #expect(try partition("add", database, "l", "--to", "5").status == 69)
    #expect(
      try partition("add", database, "z", "--from", "soon", "--to", "2024-01-01").status == 65)
    for arguments in [
      ["--every", "month"], ["--every", "fortnight"], [], ["--every", "5", "--ahead", "2"],
      ["--from", "5", "--to", "4"],
    ] {
      let result = try NB.run(
        ["db", "partition", "add", database.url, "other.n"] + arguments, in: fixture.directory)
      #expect(result.status == 2, "\(arguments): \(result.errors)")
    }
  }

  // MARK: MariaDB

  @Test func theMaximumIsSplitAndDatesAreShown() throws {
    let database = try TestDatabase(on: TestServers.mariadb)
    try database.sql(
      """
      create table d (at date not null) partition by range (to_days(at)) (
        partition p202401 values less than (to_days('2024-02-01')),
        partition pmax values less than maxvalue);
      create table e (at timestamp not null) partition by range (unix_timestamp(at)) (
        partition p1 values less than (unix_timestamp('2024-02-01')));
      create table y (at date not null) partition by range (year(at)) (
        partition p1 values less than (2024));
      insert into d values ('2024-01-10'), ('2024-02-10'), ('2030-01-01');
      """)
    #expect(
      try ranges(partition("list", database, "d")) == [
        "p202401 MINVALUE 2024-02-01 \\N", "pmax 2024-02-01 MAXVALUE takes all other values",
      ])
    let arguments = ["--every", "month", "--to", "2024-04-01"]
    let add = ["db", "partition", "add", database.url, "d"] + arguments
    let refused = try NB.run(add, in: fixture.directory)
    #expect(refused.status == 73)
    #expect(refused.errors.contains("pmax holds rows before 2024-04-01"), "\(refused.errors)")
    #expect(
      try ranges(NB.run(add + ["--move-rows"], in: fixture.directory)) == [
        "p20240201 2024-02-01 2024-03-01 \\N", "p20240301 2024-03-01 2024-04-01 \\N",
      ])
    #expect(try database.sql("select count(*) from d partition (p20240201)") == "1\n")
    #expect(try database.sql("select count(*) from d partition (pmax)") == "1\n")
    #expect(
      try ranges(partition("add", database, "e", "--to", "2024-03-01"))
        == ["p20240201 2024-02-01 00:00:00 2024-03-01 00:00:00 \\N"])
    #expect(
      try ranges(partition("list", database, "e")).last
        == "p20240201 2024-02-01 00:00:00 2024-03-01 00:00:00 \\N")
    #expect(
      try ranges(partition("add", database, "y", "--every", "year", "--to", "2026-01-01")) == [
        "p20240101 2024-01-01 2025-01-01 \\N", "p20250101 2025-01-01 2026-01-01 \\N",
      ])
    #expect(try partition("add", database, "y", "--to", "2026-02-01").status == 65)
    // Years that are over as a whole.
    let dropped = try partition("drop", database, "y", "--before", "2025-06-15", "--dry-run")
    #expect(dropped.output == "ALTER TABLE `y` DROP PARTITION `p1`, `p20240101`;\n")
    #expect(try partition("drop", database, "y", "--older-than", "30000d", "--dry-run").status == 0)
    let gap = try partition("add", database, "e", "--from", "2025-01-01", "--to", "2025-02-01")
    #expect(gap.status == 73)
    #expect(gap.errors.contains("must begin at 2024-03-01 00:00:00"), "\(gap.errors)")
  }

  @Test func mariaDBDropsAndDetaches() throws {
    let database = try makeMariaDB()
    try database.sql(
      """
      alter table events add partition (partition p202401 values less than ('2024-02-01'),
        partition p202402 values less than ('2024-03-01'));
      insert into events values (1, '2023-01-01'), (2, '2024-01-01'), (3, '2024-02-01');
      """)
    let detached = try partition("drop", database, "events", "p202401", "--detach", "--yes")
    #expect(detached.status == 0, "\(detached.errors)")
    #expect(try database.sql("select id from events_p202401") == "2\n")
    #expect(
      try ranges(partition("drop", database, "events", "--before", "2024-01-01", "--yes"))
        == ["p202312 MINVALUE 2024-01-01 \\N"])
    #expect(try database.sql("select id from events") == "3\n")
    let concurrent = try partition(
      "drop", database, "events", "p202402", "--concurrently", "--yes")
    #expect(concurrent.status == 69)
  }

  @Test(.timeLimit(.minutes(10))) func aLockedTableIsWaitedForAsLongAsSaid() throws {
    let database = try makePostgres()
    let holder = try NB.start(
      ["db", "exec", database.url, "--no-tx", "-f", "-"], in: fixture.directory)
    try holder.write("begin; lock table events; select 'locked';\n")
    try holder.waitForOutput("locked")
    let result = try partition(
      "add", database, "events", "--from", "2024-01-01", "--to", "2024-02-01", "--lock-wait",
      "200ms")
    #expect(result.status == 75, "\(result.errors)")
    try holder.write("rollback;\n")
    _ = try holder.finish()
  }

  @Test func aFileHasNoPartitions() throws {
    try fixture.makeUsers()
    let result = try fixture.nb("db", "partition", "list", "app.db")
    #expect(result.status == 69)
    #expect(result.errors.contains("does not support partitions"))
  }
}
