import AdapterCore
import TestSupport
import Testing

@testable import Migrations

@Suite struct SchemaDumpTests {
  private static let schema = """
    create view v as select * from w;
    create view w as select x from b;
    create table b(x integer primary key, "y;z" text default 'a;b') ;
    create table a(b references b(x));
    create index a_b on a(b);
    create unique index b_y on b("y;z") where x > 0;
    create trigger t after insert on a begin insert into b values (new.b, ''); end;
    create trigger u instead of insert on v begin select 1; end;
    create virtual table f using fts5(text);
    """

  @Test func aDumpLoadsIntoTheSameDump() throws {
    let first = try Fixture(["1_a.sql": "-- migrate:up\n" + Self.schema])
    try first.run(.up(limit: nil))
    let dump = try first.migrator.dump()
    let second = try Fixture(["1_a.sql": "-- migrate:up\n" + Self.schema])
    try second.execute(dump)
    #expect(try second.migrator.dump() == dump)
    // The history came with it.
    #expect(try second.states == ["1 applied"])
    #expect(try second.run(.up(limit: nil)) == [])
  }

  @Test func theOrderOfCreationDoesNotShow() throws {
    let first = try Fixture()
    try first.execute("create table a(x); create table b(x); create index i on a(x);")
    let second = try Fixture()
    try second.execute("create table b(x); create table a(x); create index i on a(x);")
    #expect(try first.migrator.dump() == second.migrator.dump())
    #expect(
      try first.migrator.dump() == """
        CREATE TABLE a(x);

        CREATE TABLE b(x);

        CREATE INDEX i on a(x);

        """)
  }
}
