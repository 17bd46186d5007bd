# Queues in a file beside litequeue (Python), and on Redis beside its own client and redis-py; sourced by
# run.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # lib.sh and run set nb, runs, work and missed

messages=${BENCH_MESSAGES:-200000}
jobs=1000

benchmark_queue() {
  local memory_limit=24 fresh="rm -f ./*; nb queue create q.db q"
  Tests/Benchmarks/install-peers .build/benchmark-peers || exit
  PATH=$PWD/.build/benchmark-peers/bin:$PATH
  mkdir -p "$work/data"
  # 100 bytes each.
  seq -f "%0100.0f" "$messages" >"$work/data/messages"
  seq "$jobs" >"$work/data/jobs"
  cat >"$work/data/publish.py" <<'PYTHON'
import litequeue, sys
queue = litequeue.LiteQueue("peer.db", queue_name="q")
for line in open(sys.argv[1]):
    queue.put(line[:-1])
PYTHON
  cat >"$work/data/consume.py" <<'PYTHON'
import litequeue, sys
queue = litequeue.LiteQueue("peer.db", queue_name="q")
while (message := queue.pop()) is not None:
    sys.stdout.write(message.data + "\n")
    queue.done(message.message_id)
PYTHON
  heading "litequeue $(python3 -c 'import importlib.metadata as m; print(m.version("litequeue"))')"
  # Either five times litequeue's rate or 20,000 a second of processor time, below.
  compare "publish $messages x 100 B" cpu 0 1 "$fresh" \
    "nb queue publish q.db q --each line -f ../data/messages" "python3 ../data/publish.py ../data/messages"
  # litequeue looks for the next message among all that are done.
  head -n $((messages / 20)) "$work/data/messages" >"$work/data/some"
  compare "consume $((messages / 20)), acknowledged" cpu 3 1 \
    "$fresh; nb queue publish q.db q --each line -f ../data/some; python3 ../data/publish.py ../data/some" \
    "nb queue consume q.db q --drain -o raw --end line" "python3 ../data/consume.py"
  limit_rate "publish q.db q --each line" 20000
  limit_overhead "$fresh; nb queue publish q.db q --each line -f ../data/jobs" 3
}

# Messages a second of nb's CPU time must be this many at least: shown as microseconds each.
limit_rate() { # label, messages a second
  : >"$work/own"
  sample "$work/own" "rm -f ./*; nb queue create q.db q" \
    "nb queue publish q.db q --each line -f ../data/messages" || exit
  limit "CPU time a message published" "$(awk -v s="$(cpu own)" -v n="$messages" \
    'BEGIN { print 1e6 * s / n }')" us "$(awk -v r="$2" 'BEGIN { print 1e6 / r }')"
}

# What a worker adds to starting the command.
limit_overhead() { # preparation, milliseconds
  local i
  : >"$work/own"
  : >"$work/peer"
  for ((i = 0; i < runs; i++)); do
    sample "$work/own" "$1" "nb queue consume q.db q --drain --exec /bin/true" || exit
    sample "$work/peer" : "xargs -n 1 /bin/true <../data/jobs" || exit
  done
  limit "worker's overhead a job" "$(awk -v a="$(wall own)" -v b="$(wall peer)" -v n="$jobs" \
    'BEGIN { print 1000 * (a - b) / n }')" ms "$2"
}

# --- Redis --------------------------------------------------------------------------------

# On a server of its own, which keeps an append-only file.
benchmark_redis() {
  local memory_limit=24 port url fresh
  if [ -z "${NB_TEST_SERVERS:-}" ]; then
    echo "Tests/Benchmarks: Redis is benchmarked under Tests/Servers/run" >&2
    exit 1
  fi
  Tests/Benchmarks/install-peers .build/benchmark-peers || exit
  PATH=$PWD/.build/benchmark-peers/bin:$PATH
  "$NB_TEST_SERVERS/ctl" new bench-redis redis notls || exit
  url=$("$NB_TEST_SERVERS/ctl" url bench-redis 0)
  port=$(sed -n 's/^port=//p' "$NB_TEST_SERVERS/servers/bench-redis/settings")
  export REDISCLI_AUTH=${url#*://*:}
  REDISCLI_AUTH=${REDISCLI_AUTH%%@*}
  redis="redis-cli --user nb -p $port"
  fresh="$redis flushall; nb queue create $url q"
  mkdir -p "$work/data"
  seq -f "%0100.0f" "$messages" >"$work/data/messages"
  awk '{ printf "*3\r\n$5\r\nRPUSH\r\n$4\r\npeer\r\n$100\r\n%s\r\n", $0 }' \
    "$work/data/messages" >"$work/data/commands"
  prepare_redis_py "$url"
  heading "$(redis-cli --version)"
  compare "publish $messages x 100 B" wall 0.8 1 "$fresh" \
    "nb queue publish $url q --each line -f ../data/messages" "$redis --pipe <../data/commands"
  "$NB_TEST_SERVERS/ctl" sql bench-redis "$port" <<<flushall
  nb queue create "$url" q
  compare_starts "publish one message" 0.67 "nb queue publish $url q hello" "$redis rpush peer hello"
  heading "redis-py $(python3 -c 'import redis; print(redis.__version__)')"
  compare "consume $((messages / 10)), acknowledged" wall 3 1 \
    "$fresh; head -n $((messages / 10)) ../data/messages >../data/some;
      nb queue publish $url q --each line -f ../data/some; python3 ../data/fill.py ../data/some" \
    "nb queue consume $url q --drain -o raw --end line" "python3 ../data/worker.py"
  "$NB_TEST_SERVERS/ctl" remove bench-redis
}

# A worker as redis-py's users write it: a group of a stream, one message after another.
prepare_redis_py() { # URL
  cat >"$work/data/fill.py" <<PYTHON
import redis, sys
server = redis.Redis.from_url("$1")
pipeline = server.pipeline(transaction=False)
for line in open(sys.argv[1], "rb"):
    pipeline.xadd("peer", {"body": line[:-1]})
pipeline.execute()
server.xgroup_create("peer", "workers", "0")
PYTHON
  cat >"$work/data/worker.py" <<PYTHON
import redis, sys
server = redis.Redis.from_url("$1")
while entries := server.xreadgroup("workers", "one", {"peer": ">"}, count=100):
    for name, fields in entries[0][1]:
        sys.stdout.buffer.write(fields[b"body"] + b"\n")
        server.xack("peer", "workers", name)
        server.xdel("peer", name)
PYTHON
}
