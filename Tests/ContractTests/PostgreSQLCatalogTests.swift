import AdapterCore
import AdapterRegistry
import TestSupport
import Testing

/// What PostgreSQL's catalog has beyond the contract: comments, partitions, methods, figures, lag.
@Suite(.needsServers) struct PostgreSQLCatalogTests {
  @Test func commentsPartitionsAndMethodsAreDescribed() throws {
    let scratch = try PostgreSQLScratch()
    let database = try scratch.open()
    for sql in [
      "CREATE TABLE events (day date NOT NULL, note text, n int GENERATED ALWAYS AS (1 + 1) STORED) "
        + "PARTITION BY RANGE (day)",
      "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2024-02-01')",
      "CREATE TABLE events_rest PARTITION OF events DEFAULT",
      "COMMENT ON TABLE events IS 'what happened'", "COMMENT ON COLUMN events.note IS 'in words'",
      "CREATE INDEX by_note ON events USING hash (note)",
      "CREATE MATERIALIZED VIEW days AS SELECT DISTINCT day FROM events",
      "CREATE SCHEMA other", "CREATE TABLE other.t (id bigserial PRIMARY KEY)",
    ] { try database.execute(sql) }
    let schema = try database.schema(table: nil)
    #expect(schema.tables.map(\.name.description) == ["days", "events", "other.t"])
    let events = schema.tables[1]
    #expect(events.comment == "what happened")
    #expect(events.columns.map(\.comment) == [nil, "in words", nil])
    #expect(events.columns.map(\.isGenerated) == [false, false, true])
    #expect(events.partitionKey == "RANGE (day)")
    #expect(events.partitions.map(\.name) == ["events_1", "events_rest"])
    #expect(events.partitions.map(\.bound).last == "DEFAULT")
    #expect(events.indexes.map(\.method) == ["hash"])
    #expect(schema.tables[0].kind == .materializedView)
    #expect(schema.tables[2].sql?.contains("\"id\" bigserial NOT NULL") == true)
    #expect(try database.schema(table: "other.t").tables.map(\.primaryKey) == [["id"]])
  }

  @Test func indexesHaveTheirFigures() throws {
    let scratch = try PostgreSQLScratch()
    let database = try scratch.open()
    try database.execute("CREATE TABLE t (a integer PRIMARY KEY)")
    let features = try database.require(database.indexStatistics, "index statistics")
    let figures = try features.indexFigures()
    #expect(figures.map(\.name) == ["t_pkey"])
    #expect(figures.map(\.table) == [TableName(name: "t")])
    #expect((figures[0].sizeInBytes ?? 0) > 0)
    #expect(figures[0].scans == 0)
    #expect(figures[0].isValid)
  }

  @Test func onlyAReplicaHasALag() throws {
    func lag(_ server: TestServer) throws -> Duration? {
      guard case .address(let address) = try Target.parse(server.url()) else { return nil }
      let database = try AdapterRegistry.openSQL(
        address, SQLOpenOptions(access: .read), OperationContext())
      return try database.require(database.replication, "replication").lag()
    }
    #expect(try lag(TestServers.postgres) == nil)
    #expect(try lag(TestServers.postgresReplica) != nil)
  }
}
