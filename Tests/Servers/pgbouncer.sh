# PgBouncer in transaction mode before a PostgreSQL server; sourced by ctl.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # ctl sets name, folder, port, upstream and tls, and runs command

pgbouncer_prepare() {
  [ -x /usr/sbin/pgbouncer ] || die "PgBouncer is not installed (Debian: pgbouncer)"
}

pgbouncer_configure() {
  printf '"%s" "%s"\n' "$server_user" "$server_password" >"$folder/users"
  cat >"$folder/pgbouncer.ini" <<CONF
[databases]
* = host=127.0.0.1 port=$(port_of "$upstream")
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir = $folder
auth_type = scram-sha-256
auth_file = $folder/users
admin_users = $server_user
pool_mode = transaction
default_pool_size = 10
max_client_conn = 200
server_round_robin = 1
client_tls_sslmode = allow
client_tls_ca_file = $root/tls/ca.crt
client_tls_cert_file = $root/tls/server.crt
client_tls_key_file = $root/tls/server.key
CONF
}

pgbouncer_command() { command=(/usr/sbin/pgbouncer "$folder/pgbouncer.ini"); }

pgbouncer_is_ready() { "$(postgres_bin)/pg_isready" -q -h "$folder" -p "$port"; }

# Statements go through the pooler.
pgbouncer_sql() { postgres_sql "$1"; } # database

pgbouncer_after_creation() { :; }

export pgbouncer_stop_signal=INT pgbouncer_abort_signal=KILL pgbouncer_scheme=postgres
