# RabbitMQ; sourced by ctl, which calls these functions by the kind's name.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # ctl sets name, folder, port, upstream and tls, and runs command

rabbitmq_bin=/usr/lib/rabbitmq/bin

rabbitmq_prepare() {
  [ -x "$rabbitmq_bin/rabbitmq-server" ] ||
    die "RabbitMQ is not installed (Debian: rabbitmq-server)"
}

# Debian's scripts below /usr/sbin insist on the system's user; those that they call do not. The
# epmd that the node starts is its own too: it would outlive the node and keep a port of the run.
rabbitmq_environment() {
  export HOME=$folder ERL_EPMD_ADDRESS=127.0.0.1
  # It can be ended though it has not noticed yet that the node has.
  export ERL_EPMD_RELAXED_COMMAND_CHECK=1
  ERL_EPMD_PORT=$(setting "$name" epmd_port)
  RABBITMQ_DIST_PORT=$(setting "$name" dist_port)
  export ERL_EPMD_PORT RABBITMQ_DIST_PORT RABBITMQ_NODENAME=nb$port@localhost
  export RABBITMQ_CONFIG_FILE=$folder/rabbitmq.conf RABBITMQ_ADVANCED_CONFIG_FILE=$folder/none \
    RABBITMQ_CONF_ENV_FILE=$folder/env.conf RABBITMQ_MNESIA_BASE=$folder/mnesia \
    RABBITMQ_LOG_BASE=$folder/logs RABBITMQ_ENABLED_PLUGINS_FILE=$folder/plugins \
    RABBITMQ_PID_FILE=$folder/node.pid RABBITMQ_GENERATED_CONFIG_DIR=$folder/generated \
    RABBITMQ_FEATURE_FLAGS_FILE=$folder/feature-flags
  # Schedulers that do not spin: other servers and the tests share the machine.
  export RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1} \
    +S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
}

rabbitmq_configure() {
  mkdir "$folder/logs" "$folder/mnesia"
  : >"$folder/env.conf"
  echo "[rabbitmq_management,rabbitmq_auth_mechanism_ssl]." >"$folder/plugins"
  (umask 277 && echo "nb$RANDOM$RANDOM" >"$folder/.erlang.cookie")
  local tls_port management_port
  tls_port=$(claim_port)
  management_port=$(claim_port)
  printf '%s\n' "tls_port=$tls_port" "management_port=$management_port" \
    "epmd_port=$(claim_port)" "dist_port=$(claim_port)" >>"$folder/settings"
  cat >"$folder/rabbitmq.conf" <<CONF
listeners.tcp.1 = 127.0.0.1:$port
listeners.ssl.1 = 127.0.0.1:$tls_port
listeners.ssl.2 = 127.0.0.2:$tls_port
ssl_options.cacertfile = $root/tls/ca.crt
ssl_options.certfile = $root/tls/server.crt
ssl_options.keyfile = $root/tls/server.key
ssl_options.verify = verify_peer
ssl_options.fail_if_no_peer_cert = false
management.tcp.ip = 127.0.0.1
management.tcp.port = $management_port
auth_mechanisms.1 = PLAIN
auth_mechanisms.2 = EXTERNAL
ssl_cert_login_from = common_name
default_user = $server_user
default_pass = $server_password
default_vhost = $server_database
disk_free_limit.absolute = 50MB
vm_memory_high_watermark.absolute = 2GB
log.console = true
log.console.level = warning
log.file = false
CONF
}

rabbitmq_command() {
  rabbitmq_environment
  command=("$rabbitmq_bin/rabbitmq-server")
}

rabbitmq_is_ready() { rabbitmq_api GET overview; }

# nb_cert logs in by its client certificate; nb_none may do nothing.
rabbitmq_after_creation() {
  local user
  for user in nb_cert nb_none; do
    rabbitmq_api PUT "users/$user" "${rabbitmq_json[@]}" \
      -d "{\"password\":\"$server_password\",\"tags\":\"\"}"
  done
  rabbitmq_permit nb_cert "$server_database"
}

rabbitmq_json=(-H content-type:application/json)

rabbitmq_permit() { # user, virtual host
  rabbitmq_api PUT "permissions/$2/$1" "${rabbitmq_json[@]}" \
    -d '{"configure":".*","write":".*","read":".*"}'
}

rabbitmq_api() { # method, path, curl arguments...
  curl -fsS -u "$server_user:$server_password" -X "$1" \
    "http://127.0.0.1:$(setting "$name" management_port)/api/$2" "${@:3}"
}

rabbitmq_create_database() { # virtual host
  rabbitmq_api PUT "vhosts/$1"
  rabbitmq_permit "$server_user" "$1"
}

rabbitmq_drop_database() { rabbitmq_api DELETE "vhosts/$1"; }

# Each line of stdin is a command of rabbitmqctl.
rabbitmq_sql() {
  local words
  rabbitmq_environment
  while read -ra words || [ ${#words[@]} -gt 0 ]; do
    "$rabbitmq_bin/rabbitmqctl" --quiet -n "$RABBITMQ_NODENAME" "${words[@]}" </dev/null
  done
}

# The node's epmd is a process of its own that ends by its own client only.
rabbitmq_after_end() {
  local epmd=(/usr/lib/erlang/erts-*/bin/epmd)
  "${epmd[0]}" -port "$(setting "$name" epmd_port)" -kill >/dev/null 2>&1 || true
}

export rabbitmq_start_seconds=120
export rabbitmq_stop_signal=TERM rabbitmq_abort_signal=KILL rabbitmq_scheme=amqp
