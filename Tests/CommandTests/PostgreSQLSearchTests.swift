import Foundation
import TestSupport
import Testing

/// `nb db search` on PostgreSQL beyond what every engine does: configurations, partitions, use of the index.
@Suite(.needsServers) struct PostgreSQLSearchTests {
  private let fixture: Fixture
  private let database: TestDatabase

  init() throws {
    fixture = try Fixture()
    database = try TestDatabase(on: TestServers.postgres)
  }

  private func search(_ table: String, _ arguments: String...) throws -> NB.Result {
    try NB.run(["db", "search", database.url, table] + arguments, in: fixture.directory)
  }

  private func ids(_ table: String, _ words: String, _ flags: String...) throws -> [String] {
    let result = try NB.run(
      ["db", "search", database.url, table, words] + flags, in: fixture.directory)
    #expect(result.status == 0, "\(words): \(result.errors)")
    return result.output.split(separator: "\n").map { String($0.prefix { $0 != "\t" }) }
  }

  @Test func aConfigurationDecidesWhatIsTheSameWord() throws {
    try database.sql(
      """
      create table docs (id int primary key, body text);
      insert into docs values (1, 'The cats were running'), (2, 'Čenĕk čte knihy'),
        (3, 'CENEK cte knihy'), (4, 'naïve Straße');
      create extension unaccent;
      create text search configuration folded (copy = simple);
      alter text search configuration folded
        alter mapping for hword, hword_part, word with unaccent, simple;
      """)
    #expect(try search("docs", "--create-index").status == 0)
    #expect(try ids("docs", "cat") == [])
    #expect(try ids("docs", "cat*") == ["1"])
    // Letters with accents are letters of their own, in any case.
    #expect(try ids("docs", "ČENĚK") == [])
    #expect(try ids("docs", "čenĕk") == ["2"])
    #expect(try ids("docs", "NAÏVE straße") == ["4"])
    #expect(try search("docs", "--create-index", "--tokenizer", "english").status == 0)
    #expect(try ids("docs", "cat") == ["1"])
    #expect(try ids("docs", "run") == ["1"])
    #expect(try search("docs", "--create-index", "--tokenizer", "folded").status == 0)
    #expect(try ids("docs", "cenek").sorted() == ["2", "3"])
    #expect(try ids("docs", "\"cenek cte\"").sorted() == ["2", "3"])
    #expect(try ids("docs", "naive") == ["4"])
    let unknown = try search("docs", "--create-index", "--tokenizer", "klingon")
    #expect(unknown.status == 2)
    #expect(unknown.errors.contains("english"), "\(unknown.errors)")
  }

  @Test func phrasesPrefixesAndNegationsMeetAsTyped() throws {
    try database.sql(
      """
      create table docs (id int primary key, title text, body text);
      insert into docs values (1, 'swift', 'the common swift is fast'),
        (2, 'swift', 'a common language'), (3, 'fast', 'common swifts are fast birds');
      """)
    #expect(try search("docs", "--create-index").status == 0)
    #expect(try ids("docs", "\"common swift\"") == ["1"])
    #expect(try ids("docs", "\"common swi\"*").sorted() == ["1", "3"])
    #expect(try ids("docs", "common -language -bird*") == ["1"])
    #expect(try ids("docs", "common -\"swifts are\"").sorted() == ["1", "2"])
    // A phrase does not go on from one column to the next.
    #expect(try ids("docs", "\"swift a\"") == [])
    let nothing = try search("docs", "--", "-swift")
    #expect(nothing.status == 1)
    #expect(nothing.errors.contains("no word that must occur"))
  }

  @Test(arguments: ["<b>,</b>", "\"\\,'", "[[,]]", "«,»", "StartSel=,MaxWords=1"])
  func marksAreTakenAsTheyAre(marks: String) throws {
    try database.sql(
      """
      create table docs (id int primary key, body text);
      insert into docs values (1, 'the common swift is fast');
      """)
    #expect(try search("docs", "--create-index").status == 0)
    let result = try search("docs", "swift", "--highlight", marks, "-o", "csv", "--no-header")
    let parts = marks.split(separator: ",", maxSplits: 1)
    let marked = "\(parts[0])swift\(parts[1])".replacing("\"", with: "\"\"")
    #expect(result.output.contains("common \(marked) is"), "\(result.output)\(result.errors)")
  }

  @Test func aPartitionedTableIsSearchedAsOne() throws {
    try database.sql(
      """
      create table logs (id int, at date not null, body text) partition by range (at);
      create table logs_1 partition of logs for values from ('2024-01-01') to ('2024-02-01');
      create table logs_2 partition of logs for values from ('2024-02-01') to ('2024-03-01');
      insert into logs values (1, '2024-01-05', 'disk full'), (2, '2024-02-05', 'disk replaced'),
        (3, '2024-02-06', 'all well');
      """)
    let created = try search("logs", "--create-index")
    #expect(created.status == 0, "\(created.errors)")
    #expect(try ids("logs", "disk").sorted() == ["1", "2"])
    #expect(try ids("logs", "disk -full") == ["2"])
    // A partition that comes later has the index as well.
    try database.sql(
      """
      create table logs_3 partition of logs for values from ('2024-03-01') to ('2024-04-01');
      insert into logs values (4, '2024-03-05', 'disk slow');
      """)
    #expect(try ids("logs", "disk").sorted() == ["1", "2", "4"])
    #expect(try search("logs", "--drop-index").status == 0)
    #expect(try search("logs", "disk").status == 66)
  }

  @Test(.timeLimit(.minutes(10))) func aLargeTableIsSearchedByItsIndex() throws {
    try database.sql(
      """
      create table docs (id int primary key, title text, body text);
      insert into docs select i, 'title ' || i, 'word' || i % 1000 || ' and some text around it'
        from generate_series(1, 30000) i;
      """)
    #expect(try search("docs", "--create-index").status == 0)
    try database.sql("analyze docs")
    #expect(try ids("docs", "word7").count == 30)
    #expect(try ids("docs", "word77*").count == 330)
    #expect(try ids("docs", "word7", "-c", "body").count == 30)
    #expect(try ids("docs", "word7", "-n", "5").count == 5)
    // Counters reach the view with some delay.
    let deadline = Date().addingTimeInterval(30)
    let counters = """
      select s.idx_scan >= 4, t.seq_scan from pg_stat_user_indexes s
      join pg_stat_user_tables t using (relid) where s.indexrelname = 'docs_fts'
      """
    let before = try database.sql(counters).split(separator: "\t").last
    var now = ""
    while !now.hasPrefix("t"), Date() < deadline { now = try database.sql(counters) }
    #expect(now.hasPrefix("t"), "\(now)")
    #expect(now.split(separator: "\t").last == before)
  }
}
