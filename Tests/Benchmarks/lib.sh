# What the families of benchmarks share; sourced by run, which sets nb, rows and runs.
# shellcheck shell=bash
# shellcheck disable=SC2154 # run and the families set nb, rows, runs and memory_limit

# Where every command runs; `nb` and the peers are on PATH.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/run"
ln -s "$nb" "$work/bin/nb"
export PATH=$work/bin:$PATH HOME=$work XDG_CONFIG_HOME=$work/config LC_ALL=C
TIMEFORMAT='%R %U %S'
missed=0
# How often a command that is over at once is repeated within one sample.
starts=100

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

# Prepares, which is not measured, and appends to FILE one line: wall seconds, CPU seconds (user and
# system, of the command alone) and peak KiB.
sample() { # file, preparation, command
  local times
  (cd "$work/run" && eval "$2") >/dev/null 2>"$work/stderr" </dev/null || fail "$2"
  times=$({
    cd "$work/run"
    time /usr/bin/time -q -f %M -o "$work/memory" bash -c "$3" >/dev/null 2>"$work/stderr" </dev/null
  } 2>&1) || fail "$3"
  awk -v memory="$(tail -n 1 "$work/memory")" '{ print $1, $2 + $3, memory }' <<<"$times" >>"$1"
}

fail() { # command
  printf 'FAILED  %s\n%s\n' "$1" "$(cat "$work/stderr")" >&2
  exit 1
}

# The median of a column of samples; the memory's largest.
wall() { awk '{ print $1 }' "$work/$1" | median; }
cpu() { awk '{ print $2 }' "$work/$1" | median; }
memory() { awk '{ print $3 / 1024 }' "$work/$1" | sort -n | tail -n 1; }

heading() { # peer
  printf '\n%s\n%-34s %6s %22s %22s %18s  %s\n' "$1" "" "" "nb: wall    cpu    MiB" \
    "peer: wall    cpu    MiB" "ratio: wall, cpu" target
}

# Runs both commands by turns and prints one line: the medians of each, and how many times nb's the
# peer's wall and CPU time are. The one that `kind` names must reach TARGET, and nb's peak memory
# stay within the limit of the family.
compare() { # label, wall|cpu, target, repetitions, preparation, nb's command, the peer's
  local i
  : >"$work/own"
  : >"$work/peer"
  for ((i = 0; i < runs; i++)); do
    sample "$work/own" "$5" "$6" || exit
    sample "$work/peer" "$5" "$7" || exit
  done
  awk -v label="$1" -v kind="$2" -v target="$3" -v n="$4" -v limit="$memory_limit" \
    -v aw="$(wall own)" -v ac="$(cpu own)" -v am="$(memory own)" \
    -v bw="$(wall peer)" -v bc="$(cpu peer)" -v bm="$(memory peer)" '
    BEGIN {
      unit = n > 1 ? "ms" : "s"
      scale = n > 1 ? 1000 / n : 1
      ratio = kind == "wall" ? bw / aw : bc / ac
      verdict = ratio < target ? "MISS" : am > limit ? "MISS: memory" : "PASS"
      printf "%-34s %6s %7.2f %6.2f %6.1f %7.2f %6.2f %6.1f %6.2f x %6.2f x  %s >= %.2f  %s\n",
        label, unit, aw * scale, ac * scale, am, bw * scale, bc * scale, bm, bw / aw, bc / ac,
        kind, target, verdict
      exit verdict != "PASS"
    }' || missed=$((missed + 1))
}

# Many starts in one sample.
compare_starts() { # label, target, nb's command, the peer's
  local loop="for ((start = 0; start < $starts; start++)); do %s || exit; done"
  # shellcheck disable=SC2059 # the format is the line above
  compare "$1" wall "$2" "$starts" : "$(printf "$loop" "$3")" "$(printf "$loop" "$4")"
}

# Checks one figure against a limit.
limit() { # label, figure, unit, limit
  local verdict=PASS
  awk "BEGIN { exit !($2 <= $4) }" || { verdict=MISS; missed=$((missed + 1)); }
  printf '%-34s %6s %7.2f %*s<= %s  %s\n' "$1" "$3" "$2" 60 "" "$4" "$verdict"
}

limit_memory() { # label, preparation, command
  : >"$work/own"
  sample "$work/own" "$2" "$3" || exit
  limit "$1" "$(memory own)" MiB "$memory_limit"
}
