# A proxy that breaks connections when it is told to; sourced by ctl.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # ctl sets name, folder, port and upstream, and runs command

faults_configure() { [ -n "$upstream" ] || die "a proxy of the kind faults needs an UPSTREAM"; }

# The upstream is a server, or a port of one.
faults_command() {
  local target=$upstream
  [[ $target =~ ^[0-9]+$ ]] || target=$(port_of "$target")
  command=(/usr/bin/python3 "$root/faults.py" "$port" "$target" "$folder/control")
}

# Without a connection, which would count.
faults_is_ready() { faults_order figures; }

faults_after_creation() { :; }

faults_order() { /usr/bin/python3 "$root/faults.py" "$folder/control" "$@"; }

export faults_stop_signal=TERM faults_abort_signal=KILL faults_scheme=http
