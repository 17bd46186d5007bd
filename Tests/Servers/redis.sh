# Redis: one server, a cluster of three nodes, and a primary with a replica that a sentinel looks
# after; sourced by ctl.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # ctl sets name, folder, port, upstream and tls, and runs command

redis_prepare() {
  [ -x /usr/bin/redis-server ] || die "Redis is not installed (Debian: redis-server)"
  [ -x /usr/bin/redis-sentinel ] || die "Redis is not installed (Debian: redis-sentinel)"
}

# Who may what, on every server: `nb` all, `nb_read` only reading. `default` has a password that nobody
# knows; were it off, Redis 7.0 would skip the transactions of its append-only file when it starts.
redis_users() { # file
  cat >"$1" <<ACL
user default on >$RANDOM$RANDOM$RANDOM ~* &* +@all
user $server_user on >$server_password ~* &* +@all
user nb_read on >$server_password ~* &* +@read +@connection
ACL
}

# The configuration of one server; its data is appended to, so that a killed one loses nothing.
redis_node() { # node's name, port
  local node=$folder/$1
  mkdir "$node"
  redis_users "$node/users.acl"
  cat >"$node/redis.conf" <<CONF
bind 127.0.0.1 127.0.0.2
port $2
unixsocket $node/socket
dir $node
save ""
appendonly yes
appendfsync everysec
aclfile $node/users.acl
masteruser $server_user
masterauth $server_password
repl-diskless-sync-delay 0
maxmemory-policy noeviction
CONF
  echo "$node/redis.conf"
}

# With TLS on a port of its own; `upstream` is the primary of a replica, or `certs`: clients must show
# a certificate.
redis_configure() {
  local clients=optional tls_port conf
  conf=$(redis_node node "$port")
  if [ "$tls" = on ]; then
    tls_port=$(claim_port)
    [ "$upstream" != certs ] || clients=yes
    echo "tls_port=$tls_port" >>"$folder/settings"
    cat >>"$conf" <<CONF
tls-port $tls_port
tls-cert-file $root/tls/server.crt
tls-key-file $root/tls/server.key
tls-ca-cert-file $root/tls/ca.crt
tls-auth-clients $clients
CONF
  fi
  case $upstream in
    '' | certs) ;;
    *) echo "replicaof 127.0.0.1 $(port_of "$upstream")" >>"$conf" ;;
  esac
}

redis_command() { command=(/usr/bin/redis-server "$folder/node/redis.conf"); }

redis_is_ready() { [ "$(redis_say "$port" ping)" = PONG ]; }

redis_after_creation() {
  case $upstream in
    '' | certs) ;;
    *) wait_until "$name follows $upstream" redis_follows "$port" ;;
  esac
}

redis_follows() { redis_say "$1" info replication | grep -q '^master_link_status:up'; } # port

redis_say() { # port, command...
  REDISCLI_AUTH=$server_password /usr/bin/redis-cli -e --user "$server_user" -p "$@"
}

# Runs the commands of stdin, on the port where one is given in place of a database.
redis_sql() { # port
  case $1 in
    *[!0-9]*) redis_say "$port" ;;
    *) redis_say "$1" ;;
  esac
}

# --- What has several processes -----------------------------------------------------------

# Runs servers until one is told to end, and then ends all.
redis_all() { # configuration...
  # shellcheck disable=SC2016 # the inner bash expands it
  command=(/bin/bash -c '
    trap "kill \$(jobs -p); wait" TERM
    for conf; do
      case $conf in
        */sentinel.conf)
          # It looks for replicas when it starts, and then every ten seconds.
          (
            until "${conf%/*}/replica-follows"; do sleep 0.05; done
            exec /usr/bin/redis-sentinel "$conf"
          ) & ;;
        *) /usr/bin/redis-server "$conf" & ;;
      esac
    done
    wait' redis "$@")
}

redis_cluster_prepare() { redis_prepare; }

redis_cluster_configure() {
  local ports=("$port" "$(claim_port)" "$(claim_port)") node conf
  echo "ports=${ports[*]}" >>"$folder/settings"
  for node in 0 1 2; do
    conf=$(redis_node "$node" "${ports[node]}")
    cat >>"$conf" <<CONF
cluster-enabled yes
cluster-node-timeout 2000
cluster-port $(claim_port)
cluster-announce-ip 127.0.0.1
CONF
  done
}

redis_cluster_command() { redis_all "$folder"/{0,1,2}/redis.conf; }

redis_cluster_is_ready() {
  local each
  for each in $(setting "$name" ports); do
    [ "$(redis_say "$each" ping)" = PONG ] || return
  done
}

# Every node gets a third of the slots and meets the others.
redis_cluster_after_creation() {
  local ports first=0 last each bus
  bus=$(sed -n 's/^cluster-port //p' "$folder/0/redis.conf")
  read -ra ports < <(setting "$name" ports)
  for each in "${ports[@]}"; do
    last=$((first + 5461 > 16383 ? 16383 : first + 5461))
    printf '%s\n' "cluster addslotsrange $first $last" "cluster set-config-epoch $((first + 1))" \
      "cluster meet 127.0.0.1 ${ports[0]} $bus" | redis_say "$each" >/dev/null
    first=$((last + 1))
  done
  wait_until "$name is one cluster" redis_cluster_is_whole
}

redis_cluster_is_whole() {
  local each
  for each in $(setting "$name" ports); do
    redis_say "$each" cluster info | grep -q '^cluster_state:ok' || return
    [ "$(redis_say "$each" cluster nodes | grep -c ' connected')" -eq 3 ] || return
  done
}

redis_cluster_sql() { redis_sql "$1"; }

redis_sentinel_prepare() { redis_prepare; }

# The port is the sentinel's; `ports` those of the primary and its replica.
redis_sentinel_configure() {
  local ports=("$(claim_port)" "$(claim_port)")
  echo "ports=${ports[*]}" >>"$folder/settings"
  redis_node primary "${ports[0]}" >/dev/null
  echo "replicaof 127.0.0.1 ${ports[0]}" >>"$(redis_node replica "${ports[1]}")"
  cat >"$folder/replica-follows" <<SCRIPT
#!/bin/bash
REDISCLI_AUTH=$server_password redis-cli --user $server_user -p ${ports[1]} info replication |
  grep -q ^master_link_status:up
SCRIPT
  chmod +x "$folder/replica-follows"
  cat >"$folder/sentinel.conf" <<CONF
bind 127.0.0.1
port $port
dir $folder
sentinel monitor main 127.0.0.1 ${ports[0]} 1
sentinel auth-user main $server_user
sentinel auth-pass main $server_password
sentinel down-after-milliseconds main 500
sentinel failover-timeout main 2000
CONF
}

redis_sentinel_command() {
  redis_all "$folder"/{primary,replica}/redis.conf "$folder/sentinel.conf"
}

redis_sentinel_is_ready() {
  /usr/bin/redis-cli -e -p "$port" sentinel replicas main | grep -q slave || return
  redis_follows "$(setting "$name" ports | cut -d ' ' -f 2)"
}

redis_sentinel_after_creation() { :; }

redis_sentinel_sql() { redis_sql "$1"; }

export redis_stop_signal=TERM redis_abort_signal=KILL redis_scheme=redis
export redis_cluster_stop_signal=TERM redis_cluster_abort_signal=KILL redis_cluster_scheme=redis
export redis_sentinel_stop_signal=TERM redis_sentinel_abort_signal=KILL
export redis_sentinel_scheme=redis+sentinel
