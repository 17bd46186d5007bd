import TestSupport
import Testing

@Suite struct IndexTests {
  @Test func tellsWhichIndexesAreSuperfluous() throws {
    let fixture = try Fixture()
    try fixture.ok(
      "db", "exec", "a.db", "--create",
      """
      create table t (id integer primary key, a text unique, b text, c text);
      create index b1 on t (b);
      create index b2 on t (B asc);
      create index bc on t (b, c);
      create index bd on t (b desc);
      create unique index bu on t (c);
      create index cn on t (c collate nocase);
      create index cp on t (c) where c > 'x';
      create index e on t (lower(b), "c");
      create table u (a text);
      create index ua on u (a);
      """)
    #expect(
      try fixture.ok("db", "index", "a.db", "-o", "csv") == """
        table,index,columns,unique,method,bytes,scans,suspicion
        t,b1,b,false,,4096,,prefix of bc
        t,b2,b,false,,4096,,duplicate of b1
        t,bc,"b, c",false,,4096,,
        t,bd,b,false,,4096,,
        t,bu,c,true,,4096,,
        t,cn,c,false,,4096,,
        t,cp,c,false,,4096,,
        t,e,"(expression), c",false,,4096,,
        t,sqlite_autoindex_t_1,a,true,,4096,,
        u,ua,a,false,,4096,,

        """)
    #expect(
      try fixture.ok("db", "index", "a.db", "t", "--suspicious") == """
        t\tb1\tb\tfalse\t\\N\t4096\t\\N\tprefix of bc
        t\tb2\tb\tfalse\t\\N\t4096\t\\N\tduplicate of b1

        """)
    let missing = try NB.run(["db", "index", "a.db", "x"], in: fixture.directory)
    #expect(missing.status == 66)
  }
}
