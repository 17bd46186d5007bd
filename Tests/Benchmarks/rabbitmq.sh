# Queues on RabbitMQ beside amqp-publish and a worker with pika (Python); sourced by run.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # lib.sh, queue.sh and run set work and messages

benchmark_rabbitmq() {
  local memory_limit=24 url
  if [ -z "${NB_TEST_SERVERS:-}" ]; then
    echo "Tests/Benchmarks: servers are benchmarked under Tests/Servers/run" >&2
    exit 1
  fi
  Tests/Benchmarks/install-peers .build/benchmark-peers || exit
  PATH=$PWD/.build/benchmark-peers/bin:$PATH
  [ -d "$NB_TEST_SERVERS/servers/rabbitmq" ] || "$NB_TEST_SERVERS/ctl" new rabbitmq rabbitmq || exit
  url=$("$NB_TEST_SERVERS/ctl" url rabbitmq)
  mkdir -p "$work/data" "$work/config/nb"
  # 100 bytes each.
  seq -f "%0100.0f" "$messages" >"$work/data/messages"
  printf '[profile.mq]\nbroker_url = "%s"\n' "$url" >"$work/config/nb/config.toml"
  chmod 600 "$work/config/nb/config.toml"
  cat >"$work/data/consume.py" <<'PYTHON'
import pika, sys
url, left = sys.argv[1], int(sys.argv[2])
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.basic_qos(prefetch_count=500)
for method, properties, body in channel.consume("q"):
    sys.stdout.buffer.write(body + b"\n")
    channel.basic_ack(method.delivery_tag)
    left -= 1
    if not left:
        break
channel.cancel()
connection.close()
PYTHON
  local fresh="nb queue delete @mq q --yes || true; nb queue create @mq q"
  local publish="nb queue publish @mq q --each line -f ../data/messages"
  heading "amqp-publish, which asks for no confirms, and pika"
  compare "publish $messages x 100 B" wall 5 1 "$fresh" "$publish" \
    "amqp-publish -u $url -r q -l <../data/messages"
  compare "the same, processor time" cpu 1 1 "$fresh" "$publish" \
    "amqp-publish -u $url -r q -l <../data/messages"
  compare "consume $messages, acknowledged" wall 3 1 "$fresh; $publish" \
    "nb queue consume @mq q -n $messages -o raw --end line" \
    "python3 ../data/consume.py $url $messages"
}
