# nb on PostgreSQL and MariaDB beside their own clients, usql and dbmate; sourced by run.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # lib.sh and run set rows, runs, work and starts

# Wall time decides where nb and its peer let the server do the same, CPU time where the server takes
# longer than either client, so that the wall says little of them.

# A database of this run's own; prints its URL, without TLS, which would cost both sides the same.
make_database() { # server
  "$NB_TEST_SERVERS/ctl" drop "$1" nb_bench && "$NB_TEST_SERVERS/ctl" create "$1" nb_bench &&
    echo "$("$NB_TEST_SERVERS/ctl" url "$1" nb_bench)?sslmode=disable"
}

# Puts databases, peers and data in place, once.
prepare_servers() {
  memory_limit=24
  [ -z "${postgres:-}" ] || return 0
  if [ -z "${NB_TEST_SERVERS:-}" ]; then
    echo "Tests/Benchmarks: servers are benchmarked under Tests/Servers/run" >&2
    exit 1
  fi
  Tests/Benchmarks/install-peers .build/benchmark-peers || exit
  # Debian's psql is a Perl script in front of psql, which would lose by itself.
  ln -s "$(pg_config --bindir)/psql" "$work/bin/psql"
  PATH=$PWD/.build/benchmark-peers/bin:$PATH
  [ -e "$work/data/data.csv" ] || Tests/Benchmarks/make-data "$rows" "$work/data" || exit
  postgres=$(make_database postgres) || exit
  mariadb=$(make_database mariadb) || exit
  # The peers' driver knows no sslmode; without a setting it uses no TLS.
  peer_mariadb=mysql:${mariadb#*:}
  peer_mariadb=${peer_mariadb%\?*}
  configure_clients
  psql -q -c 'create table t (id bigint, name text, amount double precision, at timestamp)' \
    -c 'create table target (like t)' -c "\\copy t from $csv csv header" -c 'vacuum analyze t' &&
    mariadb nb_bench -e "create table t (id bigint, name text, amount double, at datetime);
      create table target like t; load data $load_data t $load_options" >"$work/stderr" || exit
}

# So that psql and mariadb connect without a flag.
configure_clients() {
  local user password host port
  IFS=':@/' read -r user password host port _ <<<"${postgres#*://}"
  export PGUSER=$user PGPASSWORD=$password PGHOST=$host PGPORT=$port PGDATABASE=nb_bench
  export PGSSLMODE=disable
  IFS=':@/' read -r user password host port _ <<<"${mariadb#*://}"
  printf '[client]\nuser=%s\npassword=%s\nhost=%s\nport=%s\n' "$user" "$password" "$host" \
    "$port" >"$work/.my.cnf"
}

csv=$work/data/data.csv
load_data="local infile '$csv' into table"
load_options="fields terminated by ',' optionally enclosed by '\\\"' escaped by '' ignore 1 lines"
empty_postgres="psql -q -c 'truncate target' -c checkpoint"
empty_mariadb="mariadb nb_bench -e 'truncate target'"

benchmark_postgres() {
  prepare_servers
  heading "$(psql --version)"
  compare_starts "select 1" 1 "nb db query '$postgres' 'select 1'" "psql -c 'select 1'"
  compare "CSV; psql's copy" wall 1 1 : "nb db query '$postgres' 'select * from t' -o csv" \
    "psql -c '\copy (select * from t) to stdout csv header'"
  compare "CSV; psql --csv" cpu 2 1 : "nb db query '$postgres' 'select * from t' -o csv" \
    "psql --csv -c 'select * from t'"
  compare "CSV; usql" cpu 4 1 : "nb db query '$postgres' 'select * from t' -o csv" \
    "usql '$postgres' -C -q -c 'select * from t'"
  compare "load CSV; psql's copy" wall 0.95 1 "$empty_postgres" \
    "nb db load '$postgres' target $csv" "psql -c '\copy target from $csv csv header'"
  compare "copy from MariaDB; mariadb | psql" wall 1 1 "$empty_postgres" \
    "nb db copy '$mariadb' '$postgres' --table t --into target" \
    "mariadb nb_bench --quick --batch -N -e 'select * from t' | psql -c '\copy target from stdin'"
}

benchmark_mariadb() {
  prepare_servers
  heading "$(mariadb --version)"
  compare_starts "select 1" 1 "nb db query '$mariadb' 'select 1'" "mariadb -e 'select 1'"
  compare "CSV; mariadb --quick --batch" cpu 1.5 1 : \
    "nb db query '$mariadb' 'select * from t' -o csv" \
    "mariadb nb_bench --quick --batch -e 'select * from t'"
  compare "CSV; usql" cpu 4 1 : "nb db query '$mariadb' 'select * from t' -o csv" \
    "usql '$peer_mariadb' -C -q -c 'select * from t'"
  compare "load CSV; LOAD DATA" wall 0.95 1 "$empty_mariadb" \
    "nb db load '$mariadb' target $csv" \
    "mariadb --local-infile=1 nb_bench -e \"load data $load_data target $load_options\""
  # A hundred times as slow as nb; a tenth of the rows tells it.
  local query="select * from t where id <= $((rows / 10))"
  compare "copy from PostgreSQL, 1/10; usql" wall 3 1 "$empty_mariadb" \
    "nb db copy '$postgres' '$mariadb' --query '$query' --into target" \
    "usql -q -c \"\\\\copy $postgres $peer_mariadb '$query' target\""
}

# 100 files, each a table and an index.
make_migrations() {
  local number
  mkdir -p "$work/migrations"
  for ((number = 1; number <= 100; number++)); do
    printf -- '-- migrate:up\n%s\n%s\n-- migrate:down\ndrop table m%d;\n' \
      "create table m$number (id int primary key, name varchar(100));" \
      "create index m${number}_name on m$number (name);" "$number" \
      >"$work/migrations/$((20240101000000 + number))_m$number.sql"
  done
}

benchmark_migrate() {
  prepare_servers
  make_migrations
  heading "$(dbmate --version)"
  # The server's work on 200 definitions, which both sides wait for alike, is most of the time: psql
  # takes half of dbmate's wall time for them alone, without any history.
  compare_migrations PostgreSQL cpu \
    "psql -q -c 'drop schema public cascade' -c 'create schema public'" "$postgres" "$postgres"
  compare_migrations MariaDB cpu \
    "mariadb -e 'drop database nb_bench; create database nb_bench'" "$mariadb" "$peer_mariadb"
  compare_migrations SQLite wall "rm -f migrated.db && sqlite3 migrated.db vacuum" migrated.db \
    sqlite:migrated.db
}

compare_migrations() { # label, wall|cpu, preparation, nb's URL, dbmate's
  compare "100 migrations on $1" "$2" 2 1 "$3" "nb db migrate up '$4' --dir ../migrations" \
    "dbmate --url '$5' -d ../migrations --no-dump-schema up"
}
