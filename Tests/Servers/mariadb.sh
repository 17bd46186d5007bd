# MariaDB; sourced by ctl, which calls these functions by the kind's name.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # ctl sets name, folder, port, upstream and tls, and runs command

# Small files, nothing synced to disk; yet a server that is killed loses no commit.
mariadb_engine=(
  --innodb-log-file-size=16M --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=64M
  --innodb-flush-method=nosync --innodb-fast-shutdown=1
)

# Makes the data that every server starts as a copy of.
#   nb          all rights
#   nb_tls      refused without TLS
#   nb_cert     by client certificate and password
#   nb_ed25519  the password plugin ed25519
mariadb_prepare() {
  local script=$root/template/mariadb.sql data=$root/template/mariadb
  [ -x /usr/sbin/mariadbd ] || die "MariaDB is not installed (Debian: mariadb-server)"
  cat >"$script" <<SQL
use mysql;
delete from global_priv where user in ('root', '');
delete from proxies_priv;
flush privileges;
create database $server_database;
create user $server_user@'%' identified by '$server_password';
grant all on *.* to $server_user@'%' with grant option;
create user nb_tls@'%' identified by '$server_password' require ssl;
create user nb_cert@'%' identified by '$server_password' require x509;
create user nb_ed25519@'%' identified via ed25519 using password('$server_password');
grant all on $server_database.* to nb_tls@'%';
grant all on $server_database.* to nb_cert@'%';
grant all on $server_database.* to nb_ed25519@'%';
SQL
  mariadb-install-db --no-defaults --datadir="$data" --auth-root-authentication-method=normal \
    --skip-test-db --skip-name-resolve --plugin-load-add=auth_ed25519 --extra-file="$script" \
    "${mariadb_engine[@]}"
}

mariadb_configure() {
  cp -a "$root/template/mariadb" "$folder/data"
  mkdir "$folder/tmp"
}

mariadb_command() {
  command=(
    /usr/sbin/mariadbd --no-defaults --datadir="$folder/data" --tmpdir="$folder/tmp"
    --socket="$folder/socket" --pid-file="$folder/mariadbd.pid" --port="$port"
    "--bind-address=127.0.0.1,127.0.0.2" --skip-name-resolve "${mariadb_engine[@]}"
    --plugin-load-add=auth_ed25519 --local-infile=1 --character-set-server=utf8mb4
    --max-connections=200 --max-allowed-packet=1G --default-time-zone=+00:00
    --server-id="$port" --log-bin="$folder/data/binlog" --binlog-format=ROW --sync-binlog=0
    --gtid-strict-mode=ON --log-slave-updates --log-warnings=2
  )
  if [ "$tls" = on ]; then
    command+=(--ssl-ca="$root/tls/ca.crt" --ssl-cert="$root/tls/server.crt"
      --ssl-key="$root/tls/server.key")
  else
    command+=(--skip-ssl)
  fi
  if [ -n "$upstream" ]; then
    command+=(--read-only --relay-log=relay --slave-net-timeout=10)
  else
    command+=(--performance-schema=ON)
  fi
}

mariadb_client() { # option...
  MYSQL_PWD=$server_password mariadb --no-defaults --batch --default-character-set=utf8mb4 \
    --socket="$folder/socket" --user="$server_user" "$@"
}

# Runs the statements of stdin; a row is a line, its columns are parted by tabs.
mariadb_sql() { mariadb_client --skip-column-names --database="$1"; } # database

mariadb_create_database() { mariadb_sql mysql <<<"create database \`$1\`"; }

mariadb_drop_database() { mariadb_sql mysql <<<"drop database if exists \`$1\`"; }

mariadb_is_ready() { [ -S "$folder/socket" ] && mariadb_sql mysql <<<'select 1'; }

mariadb_after_creation() {
  [ -n "$upstream" ] || return 0
  mariadb_sql mysql <<<"change master to master_host = '127.0.0.1', master_port = $(port_of "$upstream"),
    master_user = '$server_user', master_password = '$server_password',
    master_use_gtid = slave_pos, master_connect_retry = 1; start slave"
  wait_until "$name replicates from $upstream" mariadb_replicates
}

mariadb_replicates() {
  [ "$(mariadb_client --vertical --execute='show slave status' | grep -cE 'Slave_(IO|SQL)_Running: Yes')" = 2 ]
}

# Waits until the selected replica shows all that its primary has written.
mariadb_sync() {
  local written
  written=$(in_server "$upstream" mariadb_sql mysql <<<'select @@gtid_binlog_pos')
  [ "$(mariadb_sql mysql <<<"select master_gtid_wait('$written', $start_seconds)")" = 0 ] ||
    die "$name has not replicated $written within $start_seconds s"
}

export mariadb_stop_signal=TERM mariadb_abort_signal=KILL mariadb_scheme=mariadb
