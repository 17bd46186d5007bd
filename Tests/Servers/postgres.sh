# PostgreSQL; sourced by ctl, which calls these functions by the kind's name.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # ctl sets name, folder, port, upstream and tls, and runs command

postgres_bin() {
  local bin
  bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [ -x "$bin/postgres" ] || die "PostgreSQL is not installed (Debian: postgresql)"
  echo "$bin"
}

# Makes the cluster that every server starts as a copy of. Nothing is synced to disk, yet a
# server that is killed loses no commit.
#   nb          superuser, SCRAM
#   nb_tls      SCRAM, refused without TLS
#   nb_cert     by client certificate
#   nb_md5      MD5, as old servers have it
postgres_prepare() {
  local bin data=$root/template/postgres password=$root/template/postgres-password
  bin=$(postgres_bin)
  echo "$server_password" >"$password"
  "$bin/initdb" --pgdata="$data" --username="$server_user" --pwfile="$password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync --no-instructions
  cat >>"$data/postgresql.conf" <<CONF
listen_addresses = '127.0.0.1,127.0.0.2'
fsync = off
full_page_writes = off
shared_buffers = 32MB
dynamic_shared_memory_type = mmap
max_connections = 200
max_wal_size = 4GB
wal_keep_size = 64MB
wal_level = logical
jit = off
shared_preload_libraries = 'pg_stat_statements'
log_connections = on
log_line_prefix = '%m [%p] %q%u@%d '
timezone = 'UTC'
CONF
  cat >"$data/pg_hba.conf" <<CONF
local     all         all                  scram-sha-256
hostssl   all         nb_cert  samenet     cert
hostssl   all         nb_tls   samenet     scram-sha-256
host      all         nb_tls   samenet     reject
host      all         nb_md5   samenet     md5
host      all         all      samenet     scram-sha-256
host      replication nb       samenet     scram-sha-256
CONF
  "$bin/postgres" --single -j -D "$data" postgres <<SQL
create role nb_tls login password '$server_password';

create role nb_cert login;

set password_encryption = md5;

create role nb_md5 login password '$server_password';

create database $server_database owner $server_user;

SQL
}

postgres_configure() {
  cp -a "$root/template/postgres" "$folder/data"
  {
    echo "port = $port"
    echo "unix_socket_directories = '$folder'"
    echo "cluster_name = '$name'"
    if [ "$tls" = on ]; then
      echo "ssl = on"
      echo "ssl_cert_file = '$root/tls/server.crt'"
      echo "ssl_key_file = '$root/tls/server.key'"
      echo "ssl_ca_file = '$root/tls/ca.crt'"
    fi
    if [ -n "$upstream" ]; then
      echo "primary_conninfo = 'host=127.0.0.1 port=$(port_of "$upstream") user=$server_user" \
        "password=$server_password application_name=$name'"
      echo "wal_retrieve_retry_interval = 100ms"
    fi
  } >>"$folder/data/postgresql.conf"
  # A server without TLS asks for the password itself: a client that sends it can be caught.
  [ "$tls" = on ] || sed -i 's/scram-sha-256$/password/' "$folder/data/pg_hba.conf"
  [ -z "$upstream" ] || touch "$folder/data/standby.signal"
}

postgres_command() { command=("$(postgres_bin)/postgres" -D "$folder/data"); }

postgres_is_ready() { "$(postgres_bin)/pg_isready" -q -h "$folder" -p "$port"; }

# A replica is set up once it streams.
postgres_after_creation() {
  [ -n "$upstream" ] || return 0
  wait_until "$name streams from $upstream" postgres_streams
}

postgres_streams() {
  [ "$(postgres_sql postgres <<<'select status from pg_stat_wal_receiver')" = streaming ]
}

# Runs the statements of stdin; a row is a line, its columns are parted by tabs.
postgres_sql() { # database
  PGPASSWORD=$server_password "$(postgres_bin)/psql" --no-psqlrc --quiet --tuples-only \
    --no-align --field-separator=$'\t' --set=ON_ERROR_STOP=1 \
    --host="$folder" --port="$port" --username="$server_user" --dbname="$1"
}

postgres_create_database() { postgres_sql postgres <<<"create database \"$1\""; }

postgres_drop_database() { postgres_sql postgres <<<"drop database if exists \"$1\" with (force)"; }

# Waits until the selected replica shows all that its primary has written.
postgres_sync() {
  local written
  written=$(in_server "$upstream" postgres_sql postgres <<<'select pg_current_wal_lsn()')
  wait_until "$name has replayed $written" postgres_has_replayed "$written"
}

postgres_has_replayed() { # LSN
  [ "$(postgres_sql postgres <<<"select pg_last_wal_replay_lsn() >= '$1'")" = t ]
}

# A killed server leaves a System V segment, which line 7 of its file names. Its locks go too:
# they would refuse the next start for as long as nobody has reaped the killed process.
postgres_after_kill() {
  local file=$folder/data/postmaster.pid segment
  [ -e "$file" ] || return 0
  segment=$(sed -n '7s/^ *[0-9]* *//p' "$file")
  [ -z "$segment" ] || ipcrm -m "$segment" || true
  rm -f "$file" "$folder"/.s.PGSQL.*.lock
}

# Fast, then immediate shutdown: a killed server would leave its System V segment behind.
export postgres_stop_signal=INT postgres_abort_signal=QUIT postgres_scheme=postgres
