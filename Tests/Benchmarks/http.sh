# nb api beside curl, HTTPie, xh and h2load, against nginx over TLS and HTTP/2; sourced by run.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # lib.sh and run set work and starts

# Puts the files and the requests in place, and names the server's certificate to every client.
prepare_http() {
  memory_limit=24
  if [ -z "${NB_TEST_SERVERS:-}" ]; then
    echo "Tests/Benchmarks: servers are benchmarked under Tests/Servers/run" >&2
    exit 1
  fi
  Tests/Benchmarks/install-peers .build/benchmark-peers || exit
  PATH=$PWD/.build/benchmark-peers/bin:$PATH
  local number
  for ((number = 1; number <= http_requests; number++)); do
    printf '{"url":"%s/1k.txt?n=%d"}\n' "$NB_TEST_NGINX_URL" "$number"
  done >"$work/requests.ndjson"
  for ((number = 1; number <= http_requests; number++)); do
    printf 'url = %s/1k.txt?n=%d\noutput = /dev/null\n' "$NB_TEST_NGINX_URL" "$number"
  done >"$work/requests.curl"
  export CURL_CA_BUNDLE=$NB_TEST_CA REQUESTS_CA_BUNDLE=$NB_TEST_CA SSL_CERT_FILE=$NB_TEST_CA
}

http_requests=2000

benchmark_http() {
  prepare_http
  local url=$NB_TEST_NGINX_URL curl='curl --silent --show-error --output /dev/null'
  heading "$(curl --version | head -n 1 | cut -d ' ' -f 1-2)"
  # Neither asks for compressed content.
  local batch="nb api batch ../requests.ndjson --no-compression --cacert $NB_TEST_CA"
  local parallel="curl --silent --parallel --parallel-max 50 --config ../requests.curl"
  compare "$http_requests GETs of 1 KiB; curl -Z" wall 2 1 : "$batch" "$parallel"
  compare "the same, processor time" cpu 2 1 : "$batch" "$parallel"
  compare "the same; h2load, the limit" wall 0 1 : "$batch" \
    "h2load -n $http_requests -c 1 -m 64 $url/1k.txt"
  starts=20
  compare_starts "one GET" 0.91 "nb api get $url/1k.txt --cacert $NB_TEST_CA" "$curl $url/1k.txt"
  compare_starts "one GET; xh" 0 "nb api get $url/1k.txt --cacert $NB_TEST_CA" \
    "xh --ignore-stdin --verify $NB_TEST_CA $url/1k.txt"
  starts=3
  compare_starts "one GET; HTTPie" 20 "nb api get $url/1k.txt --cacert $NB_TEST_CA" \
    "http --ignore-stdin --verify $NB_TEST_CA $url/1k.txt"
  make_large_file
  compare "download 1 GiB" wall 1 1 "rm -f large.bin" \
    "nb api get $url/large.bin --download large.bin --cacert $NB_TEST_CA" \
    "curl --silent --show-error --output large.bin $url/large.bin"
  starts=100
  local prime="nb api get $url/1k.txt --cache --cache-ttl 1h --cacert $NB_TEST_CA"
  (cd "$work/run" && eval "$prime" >/dev/null) || exit
  compare_starts "a GET that the cache answers" 0.67 "$prime" "nb --version"
}

# In the server's own folder, which only its user may write.
make_large_file() {
  local folder=$NB_TEST_SERVERS/servers/nginx/www
  [ -e "$folder/large.bin" ] || head -c 1073741824 /dev/zero >"$folder/large.bin" || exit
}
