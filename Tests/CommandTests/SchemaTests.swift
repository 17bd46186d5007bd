import Foundation
import JSON
import TestSupport
import Testing

@Suite struct SchemaTests {
  private func makeWorld() throws -> Fixture {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "world.db", "--create",
      """
      create table countries (code text primary key, name text not null);
      create table cities (id integer primary key, country text references countries (code),
        name text default 'x', size real, upper text as (upper(name)));
      create index big on cities (size desc) where size > 0;
      create view names as select name from cities;
      create trigger after_city after insert on cities begin select 1; end;
      """)
    return fixture
  }

  @Test func listsTablesAndViews() throws {
    let fixture = try makeWorld()
    #expect(
      try fixture.ok("db", "schema", "world.db", "--header") == """
        name\tkind\tcolumns\tprimary_key\tforeign_keys\tindexes\ttriggers
        cities\ttable\t5\tid\t1\t1\t1
        countries\ttable\t2\tcode\t0\t1\t0
        names\tview\t1\t\\N\t0\t0\t0

        """)
  }

  @Test func listsTheColumnsOfOneTable() throws {
    let fixture = try makeWorld()
    #expect(
      try fixture.ok("db", "schema", "world.db", "Cities", "-o", "csv") == """
        name,type,nullable,default,primary_key,references,generated
        id,INTEGER,false,,1,,false
        country,TEXT,true,,,countries(code),false
        name,TEXT,true,'x',,,false
        size,REAL,true,,,,false
        upper,TEXT,true,,,,true

        """)
  }

  @Test func isOneDocumentInJSON() throws {
    let fixture = try makeWorld()
    let text = try fixture.ok("db", "schema", "world.db", "-o", "json")
    let document = try JSONParser.parse(text)
    #expect(document.object?.keys == ["dialect", "tables"])
    let tables = try #require(document["tables"]?.array)
    #expect(tables.compactMap { $0["name"]?.string } == ["cities", "countries", "names"])
    let cities = tables[0]
    #expect(
      cities.object?.keys == [
        "schema", "name", "kind", "comment", "columns", "primary_key", "foreign_keys", "indexes",
        "triggers", "partition_key", "partitions", "sql",
      ])
    #expect(
      cities["columns"]?[2]?.text()
        == #"{"name":"name","type":"TEXT","nullable":true,"default":"'x'","generated":false,"#
        + #""comment":null}"#)
    #expect(
      cities["foreign_keys"]?[0]?.text() == #"{"columns":["country"],"table":"countries","#
        + #""references":["code"],"on_delete":"NO ACTION","on_update":"NO ACTION"}"#)
    #expect(cities["indexes"]?[0]?["partial"]?.bool == true)
    #expect(cities["triggers"]?[0]?["name"]?.string == "after_city")
  }

  @Test func theStatementsMakeTheSameSchemaAgain() throws {
    let fixture = try makeWorld()
    let sql = try fixture.ok("db", "schema", "world.db", "--sql")
    try fixture.ok("db", "exec", "copy.db", "--create", input: sql)
    for arguments in [["-o", "json"], ["--sql"]] {
      let original = try NB.run(["db", "schema", "world.db"] + arguments, in: fixture.directory)
      let copy = try NB.run(["db", "schema", "copy.db"] + arguments, in: fixture.directory)
      #expect(original.status == 0)
      #expect(original.output == copy.output)
    }
  }

  @Test(arguments: [
    (["world.db", "citties"], 66, "did you mean 'cities'"),
    (["nothing.db"], 66, "nothing.db"), (["world.db", "--sql", "-o", "csv"], 2, "--sql"),
  ])
  func refusesWhatIsNotThere(_ arguments: [String], _ status: Int, _ word: String) throws {
    let fixture = try makeWorld()
    let result = try NB.run(["db", "schema"] + arguments, in: fixture.directory)
    #expect(result.status == Int32(status))
    #expect(result.errors.contains(word), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test func anEmptyDatabaseHasNoTables() throws {
    let fixture = try makeWorld()
    #expect(try fixture.ok("db", "schema", ":memory:") == "")
    #expect(try fixture.ok("db", "schema", ":memory:", "--sql") == "")
    let document = try JSONParser.parse(try fixture.ok("db", "schema", ":memory:", "-o", "json"))
    #expect(document["tables"]?.array?.isEmpty == true)
  }

  @Test func theDifferenceIsWhatTheSecondHasOtherwise() throws {
    let fixture = try makeWorld()
    try fixture.ok(
      "db", "exec", "other.db", "--create",
      """
      create table countries (code text primary key, name varchar(9), area real);
      create table cities (id integer primary key, country text references countries (code)
        on delete cascade, name text default 'x', size real, upper text as (upper(name)));
      create index big on cities (size) where size > 0;
      create view names as select id from cities;
      create table added (id integer);
      """)
    #expect(
      try fixture.ok("db", "schema", "diff", "world.db", "other.db", "-o", "csv") == """
        change,kind,table,name,old,new
        changed,foreign key,cities,country,references countries (code),references countries (code) \
        on delete CASCADE
        changed,index,cities,big,CREATE INDEX big on cities (size desc) where size > 0,CREATE INDEX \
        big on cities (size) where size > 0
        removed,trigger,cities,after_city,CREATE TRIGGER after_city after insert on cities begin \
        select 1; end,
        changed,column,countries,name,TEXT not null,varchar(9) null
        added,column,countries,area,,REAL null
        changed,table,names,,view CREATE VIEW names as select name from cities,view CREATE VIEW \
        names as select id from cities
        removed,column,names,name,TEXT null,
        added,column,names,id,,INTEGER null
        added,table,added,,,table

        """)
    let check = ["db", "schema", "diff", "--check"]
    let same = try NB.run(check + ["world.db", "world.db"], in: fixture.directory)
    #expect(same.status == 0 && same.output.isEmpty)
    let different = try NB.run(check + ["world.db", "other.db"], in: fixture.directory)
    #expect(different.status == 1)
    #expect(different.errors.contains("differ"))
  }
}
