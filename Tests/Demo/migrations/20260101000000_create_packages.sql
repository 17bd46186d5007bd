-- migrate:up
create table packages (
  name text not null,
  version text not null,
  kib integer,
  section text,
  summary text
);
create index packages_by_section on packages (section, name);

-- migrate:down
drop table packages;
