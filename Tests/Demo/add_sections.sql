-- migrate:up
create table sections (name text primary key, packages integer not null);
insert into sections select section, count(*) from packages where section <> '' group by section;

-- migrate:down
drop table sections;
