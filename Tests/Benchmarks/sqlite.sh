# nb on SQLite beside sqlite3; sourced by run.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # lib.sh and run set nb, rows, runs, work and starts

# Commands find data.db, data.csv and empty.db where they run.
fresh_folder="rm -f ./* && cp ../data/empty.db . && ln -s ../data/data.db ../data/data.csv ."

compare_work() { # label, target, nb's command, sqlite3's
  compare "$1" cpu "$2" 1 "$fresh_folder" "$3" "$4"
}

benchmark_sqlite() {
  local format peer memory_limit=16
  Tests/Benchmarks/make-data "$rows" "$work/data" || exit
  heading "sqlite3 $(sqlite3 -version | cut -d ' ' -f 1)"
  compare_starts "--version" 0.83 "nb --version" "sqlite3 -version"
  compare_starts "select 1" 0.83 "nb db query :memory: 'select 1'" "sqlite3 :memory: 'select 1'"
  for format in csv json tsv; do
    peer=${format/tsv/tabs}
    compare_work "query to ${format^^}" 1.5 "nb db query data.db 'select * from t' -o $format" \
      "sqlite3 -$peer data.db 'select * from t'"
  done
  compare_work "load CSV" 1.2 "nb db load empty.db t data.csv" \
    "sqlite3 empty.db '.import --csv --skip 1 data.csv t'"
  limit_memory "memory of copy" "$fresh_folder" "nb db copy data.db empty.db --table t"
  limit_memory "memory of backup" "$fresh_folder" "nb db backup data.db copy.db"
  limit_start "completion of a flag" "nb __complete bash -- db query --o" 5
  limit "executable" "$(stat -Lc %s "$nb" | awk '{ print $1 / 1e6 }')" MB 12
}

limit_start() { # label, command, milliseconds
  local i
  : >"$work/own"
  for ((i = 0; i < runs; i++)); do
    sample "$work/own" : "for ((start = 0; start < $starts; start++)); do $2 || exit; done"
  done
  limit "$1" "$(awk -v s="$(wall own)" -v n="$starts" 'BEGIN { print 1000 * s / n }')" ms "$3"
}
