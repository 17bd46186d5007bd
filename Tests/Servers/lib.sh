# What every script of a run's folder shares; sourced by them.
# shellcheck shell=bash

# The folder of the run: these scripts are copied there, so that the servers' user can read them.
export root
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# The superuser of every server, and a password that only a run's own servers know.
export server_user=nb server_password=nb-secret server_database=nb
# How long a server may take.
export start_seconds=30 stop_seconds=20

# The servers see nothing of the caller's configuration, and hold none of its files: a test that
# reads a pipe to its end would wait for a server that has inherited the other end.
clean_environment() {
  local name file
  for file in "/proc/$$/fd/"*; do
    file=${file##*/}
    # One of them is the script itself: 255, unless the caller had one of that number.
    ((file <= 2)) || [ "/proc/$$/fd/$file" -ef "$0" ] || eval "exec $file>&-"
  done
  for name in "${!PG@}" "${!MYSQL@}" "${!MARIADB@}"; do unset "$name"; done
  export HOME=$root LC_ALL=C.UTF-8 TZ=UTC
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  umask 022
}

die() {
  printf 'Tests/Servers: %s\n' "$*" >&2
  exit 1
}

# Whether a process runs; a zombie does not.
alive() { # pid
  local state
  state=$(sed -n 's/^State:[[:space:]]*\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 1
  [ -n "$state" ] && [ "$state" != Z ]
}

# The processes below one, and it.
process_tree() { # pid
  local children child
  read -ra children < <(cat "/proc/$1/task/"*/children 2>/dev/null) || true
  for child in "${children[@]}"; do process_tree "$child"; done
  echo "$1"
}

# Claims the first free port of the run's block; the folder named after it is the claim.
claim_port() {
  local base port
  base=${root##*-}
  for ((port = base; port < base + 100; port++)); do
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
    mkdir "$root/ports/$port" 2>/dev/null || continue
    echo "$port"
    return
  done
  die "all ports from $base to $((base + 99)) are taken"
}
