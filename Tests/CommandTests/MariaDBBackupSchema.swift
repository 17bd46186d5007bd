/// A database with everything that a backup carries, and with values that are hard to carry.
enum MariaDBBackupSchema {
  static let sql = #"""
    create sequence s1 start with 5 increment by 3;
    create table parent (id bigint unsigned auto_increment primary key,
      name varchar(50) character set latin1 not null default 'x', e enum('a','b''c') ,
      st set('x','y'), note text) comment 'a table; it''s' auto_increment = 500;
    create table child (id int primary key default nextval(s1), parent bigint unsigned,
      g int generated always as (id * 2) stored, v int as (id + 1) virtual,
      constraint fk foreign key (parent) references parent (id) on delete cascade,
      check (id > 0), key (g)) ;
    create table aaa_refs (c int, foreign key (c) references child (id));
    create table part (id int not null, d date not null, primary key (id,
      d)) partition by range (year(d)) (partition p0 values less than (2020),
      partition p1 values less than maxvalue);
    create table myisam_t (i int, x longtext, fulltext key (x)) engine = myisam;
    create table sv (a int) with system versioning;
    create table `odd ``name` (`select` int, `Ünï` varchar(20) invisible);
    create table odd (b varbinary(50), bl blob, bi bit(9), n decimal(65, 30), f float,
      d double, y year, dt date, ts timestamp(6) null, dtt datetime(6), t time(3), j json,
      g geometry, p point, u bigint unsigned, txt longtext, u6 inet6, uu uuid,
      tiny tinyint(1), ch char(5), bin binary(4), z int zerofill);
    insert into odd (b, bl, bi, n, f, d, y, dt, ts, dtt, t, j, g, p, u, txt, u6, uu, tiny,
      ch, bin, z) values (0x00ff5c27, '', b'101010101',
      '12345678901234567890123456789012345.123456789012345678901234567891', 3.4028234e38,
      1.7976931348623157e308, 2024, '2024-02-29', '2024-03-31 02:30:00.123456',
      '9999-12-31 23:59:59.999999', '-838:59:59.000', '{"a": "\\"''é"}',
      ST_GeomFromText('LINESTRING(0 0, 1.5 2)', 4326), Point(1, 2), 18446744073709551615,
      'it''s \\ back\nnl\r\ncr \0 nul \Z z 💥 ;; \\. "', '::1',
      '123e4567-e89b-12d3-a456-426655440000', 1, 'ab', 'x', 7);
    set sql_mode = 'ALLOW_INVALID_DATES';
    insert into odd (dt, dtt, f, d, txt, b, n) values ('2024-02-31', '0000-00-00 00:00:00',
      0.1, -0.0, '', '', 0), ('0000-00-00', null, 1.17549e-38, 1e-310, null, null, -0.5);
    set sql_mode = default;
    insert into parent (name, e) values ('é', 'b''c'), ('z', null);
    insert into parent (id, name) values (18446744073709551614, 'big');
    set sql_mode='NO_AUTO_VALUE_ON_ZERO';
    insert into parent (id, name) values (0, 'zero');
    set sql_mode = default;
    insert into child (parent) values (500), (501);
    insert into aaa_refs values (5);
    insert into part values (1, '2019-01-01'), (2, '2024-01-01');
    insert into myisam_t values (1, 'words here');
    insert into sv values (1), (2);
    update sv set a = 3 where a = 2;
    insert into `odd ``name` (`select`, `Ünï`) values (1, 'ü');
    create view b_view as select id, name from parent;
    create view a_view as select b.id from b_view b join parent p on p.id = b.id;
    create view z_check as select * from parent where id < 10 with check option;
    delimiter //
    create function addone(x int) returns int deterministic begin declare y int; set y = x
      + 1; return y; end//
    create procedure pr(in a int, out b int) begin set b = a; select 'x;y'; end//
    create trigger t2 before insert on child for each row begin set new.parent =
      coalesce(new.parent, 500); end//
    create trigger t1 before insert on child for each row follows t2 set @x = 'é;'//
    create trigger tp after insert on parent for each row begin end//
    create event ev on schedule every 1 day disable do begin delete from aaa_refs; end//
    delimiter ;
    set sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT';
    create procedure ansi() select "id" || 'x' from "parent";
    set sql_mode = default;
    create view with_func as select addone(id) as n from child;
    """#
}
