/// A database with everything that a backup carries, and with values that are hard to carry.
enum PostgreSQLBackupSchema {
  static let sql = #"""
    create schema app; create schema "We""ird Schema";
    comment on schema app is 'the app''s';
    create extension pg_trgm with schema app;
    create type app.mood as enum ('sad', 'it''s ok', 'happy');
    create domain app.email as text collate "C" default 'a@b' not null constraint has_at
      check (value like '%@%');
    create type app.pair as (a int, b text collate "C");
    create type app.fr as range (subtype = float8, subtype_diff = float8mi);
    create collation app.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    create function app.plus(a int,
      b int default 1) returns int language sql immutable as $$ select a + b $$;
    create function app.stamp() returns trigger language plpgsql as $f$ begin new.note :=
      coalesce(new.note,
      '$nb$') || ' stamped'; return new; end $f$;
    create procedure app.doit(x int) language plpgsql as $$ begin perform x; end $$;
    create function app.atomic(x int) returns int begin atomic select x + 1; end;
    create aggregate app.mysum(int) (sfunc = int4pl, stype = int, initcond = '0');
    create sequence app.seq start 5 increment 3 maxvalue 1000 cycle;
    create table app.parent (id serial primary key,
      name text not null default 'x' collate "C", m app.mood, e app.email, p app.pair,
      r app.fr, ci text collate app.ci);
    create table app.child (id int generated always as identity (start 100),
      parent int references app.parent on delete cascade deferrable initially deferred,
      g int generated always as (app.plus(1, 2)) stored, note text,
      constraint positive check (parent > 0), exclude using gist (int4range(parent, parent,
      '[]') with &&)) with (fillfactor = 70);
    create table app.dflt (a int default app.plus(2, 3), b app.email,
      c int default nextval('app.seq'));
    create function app.rows() returns setof app.dflt language sql as 'select * from app.dflt';
    create table app.part (id int, d date, v text default 'q', primary key (id,
      d)) partition by range (d);
    create table app.part1 (v text, d date not null, id int not null);
    alter table app.part attach partition app.part1 for values from ('2024-01-01') to
      ('2025-01-01');
    create table app.part2 partition of app.part default;
    create index part_v on app.part (v);
    create table public.inh_base (a int not null, b text default 'base');
    create table public.inh_child (c int) inherits (inh_base);
    alter table inh_child alter b set default 'kid';
    alter table inh_base add constraint nonneg check (a >= 0);
    create table "We""ird Schema"."Odd Table" ("Ünï ""q"" cöl" text, "select" int,
      "tab	x" text, primary key ("select"));
    create unlogged table ul (x int);
    create table norows ();
    insert into norows default values; insert into norows default values;
    create view app.v1 as select id, name from app.parent group by id;
    create view app.v0 as select v.id, app.plus(v.id) as n from app.v1 v;
    create materialized view app.mv as select count(*) c from app.v0;
    create unique index on app.mv (c);
    create materialized view app.mv_empty as select 1 as one with no data;
    create view app.secure with (security_barrier,
      check_option = local) as select * from app.dflt where a > 0;
    alter view app.secure alter a set default 9;
    create rule del as on delete to app.v0 do instead (select 1; select 2);
    create trigger stamp before insert on app.child for each row execute function app.stamp();
    create trigger stamp_off after update of note on app.child for each statement execute
      function app.stamp();
    alter table app.child disable trigger stamp_off;
    create index partial on app.parent using gin (name app.gin_trgm_ops) where id > 3;
    create index by_length on app.parent (id, lower(name));
    alter index app.by_length alter column 2 set statistics 77;
    create statistics app.st (dependencies) on a, c from app.dflt;
    alter table app.parent enable row level security;
    create policy pol on app.parent for select using (id > 0);
    create policy pol2 on app.parent to nb_tls using (id > 1) with check (true);
    comment on table app.parent is 'a table; with '' and \';
    comment on column app.parent.name is 'col';
    comment on function app.plus(int, int) is 'adds';
    comment on constraint positive on app.child is 'pos';
    comment on index app.part_v is 'ix';
    comment on type app.mood is 'feel';
    comment on view app.v1 is 'v';
    comment on constraint has_at on domain app.email is 'at';
    comment on trigger stamp on app.child is 'tr';
    grant select,
      insert on app.parent to nb_tls with grant option;
    grant update (name) on app.parent to nb_cert;
    grant usage on schema app to nb_tls;
    grant execute on function app.plus to nb_tls;
    revoke all on function app.plus from public;
    alter table app.dflt owner to nb_tls;
    grant usage on sequence app.seq to nb_tls;
    alter table app.parent alter name set storage external;
    alter table app.parent alter name set statistics 500;
    alter table app.parent alter name set (n_distinct = -0.5);
    alter table app.parent cluster on parent_pkey; alter table app.dflt replica identity full;
    insert into app.parent (name, m, e, p, r) values ('a', 'sad', 'x@y', row(1, 'x,"y"'),
      '[1.5,Infinity]'), (E'\\.', 'it''s ok', 'x@y', null, null),
      (E'tab\t nl\n cr\r bs\\ \\N \u0001 \b \v é 💥', null, 'q@q', null, 'empty'), ('', null,
      'q@q', row(null, ''), null);
    insert into app.child (parent, note) values (1, null), (2, 'x');
    insert into app.part values (1, '2024-05-05', 'in'), (2, '1999-01-01', null);
    insert into inh_base values (1); insert into inh_child values (2, 'two', 3);
    insert into app.dflt (a) values (1), (2);
    insert into "We""ird Schema"."Odd Table" values ('x', 1, null);
    create table odd (b bytea, n numeric, f float8, r real, i interval, ts timestamptz,
      t timestamp, d date, j jsonb, js json, bi bit(3), vb bit varying, u uuid, a int[],
      ta text[], x xml, mo money, tsv tsvector, pt point, poly polygon, inet inet,
      mac macaddr, c char(5), bl boolean, o oid, tt timetz, nul text);
    insert into odd values ('\x00ff5c2e', 'NaN', 'NaN', 'Infinity',
      '-1 year -2 days +03:04:05.6', 'infinity', '-infinity', '4713-01-01 BC', '{"a": [1,
      "\\"]}', '{"k" :  1}', B'101', B'1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      '{{1,NULL},{3,4}}', '{"a\\b","\"",NULL,""}', '<a>&lt;</a>', 12.34, 'a:1 b:2A',
      '(1.1,-0)', '((0,0),(1,1),(2,0))', '10.0.0.1/8', '08:00:2b:01:02:03', 'ab', true, 42,
      '12:00:00+02', null);
    insert into odd (n, f,
      r) values (123456789012345678901234567890.123456789012345678901234567890, 1e-310,
      1.17549e-38), ('Infinity', -0.0, 3.4028235e38), (1e100, 0.1, 0.1);
    refresh materialized view app.mv;
    select setval('app.seq', 11);
    """#
}
