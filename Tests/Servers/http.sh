# HTTP: nginx with TLS and HTTP/2 (or without both), httpbin, nghttpd, a forward proxy, and the
# servers that misbehave; sourced by ctl.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # ctl sets name, folder, port, upstream and tls, and runs command

misbehaving_prepare() {
  [ -x /usr/bin/python3 ] || die "Python is not installed (Debian: python3)"
}

misbehaving_configure() { :; }

misbehaving_command() { command=(/usr/bin/python3 "$root/misbehave.py" "$port"); }

misbehaving_is_ready() { (: <"/dev/tcp/127.0.0.1/$port"); }

misbehaving_after_creation() { :; }

# --- HTTP/2 that misbehaves ---------------------------------------------------------------

misbehaving_h2_prepare() { python_has h2; }

misbehaving_h2_configure() { :; }

misbehaving_h2_command() {
  command=(env "PYTHONPATH=$root/python" /usr/bin/python3 "$root/misbehave_h2.py" "$port"
    "$root/tls/server.crt" "$root/tls/server.key")
}

misbehaving_h2_is_ready() { (: <"/dev/tcp/127.0.0.1/$port"); }

misbehaving_h2_after_creation() { :; }

# What Tests/Servers/install has installed, and run has copied.
python_has() { # package
  [ -d "$root/python/$1" ] || die "$1 is not installed (make deps-test)"
}

# --- httpbin ------------------------------------------------------------------------------

httpbin_prepare() { python_has httpbin; }

httpbin_configure() { :; }

httpbin_command() {
  command=(env "PYTHONPATH=$root/python" /usr/bin/python3 -m gunicorn --threads 8 --log-level error
    --worker-tmp-dir "$folder" --bind "127.0.0.1:$port" httpbin:app)
}

httpbin_is_ready() { (: <"/dev/tcp/127.0.0.1/$port"); }

httpbin_after_creation() { :; }

# --- nghttpd ------------------------------------------------------------------------------

nghttpd_prepare() {
  [ -x /usr/sbin/nghttpd ] || die "nghttpd is not installed (Debian: nghttp2-server)"
}

nghttpd_configure() {
  mkdir "$folder/www"
  head -c 1024 /dev/zero | tr '\0' a >"$folder/www/1k.txt"
  head -c 16777216 /dev/urandom >"$folder/www/16m.bin"
}

nghttpd_command() {
  command=(/usr/sbin/nghttpd --address=127.0.0.1 --echo-upload "--htdocs=$folder/www")
  if [ "$tls" = off ]; then
    command+=(--no-tls "$port")
  else
    command+=("$port" "$root/tls/server.key" "$root/tls/server.crt")
  fi
}

nghttpd_is_ready() { (: <"/dev/tcp/127.0.0.1/$port"); }

nghttpd_after_creation() { :; }

# --- A forward proxy; the upstream, if any, is its USER:PASSWORD ----------------------------

proxy_prepare() { :; }

proxy_configure() { :; }

proxy_command() {
  command=(/usr/bin/python3 "$root/proxy.py" "$port")
  [ -z "$upstream" ] || command+=("$upstream")
}

proxy_is_ready() { (: <"/dev/tcp/127.0.0.1/$port"); }

proxy_after_creation() { :; }

# --- nginx --------------------------------------------------------------------------------

nginx_prepare() {
  [ -x /usr/sbin/nginx ] || die "nginx is not installed (Debian: nginx-light)"
}

# The upstream's routes are below /to/, those of httpbin below /bin/; /goaway/ ends a connection after
# five requests. By the names expired.test, self-signed.test and other.test it shows certificates that
# are not good.
nginx_configure() {
  local listen="listen 127.0.0.1:$port; listen 127.0.0.2:$port;"
  [ "$tls" = off ] || listen="listen 127.0.0.1:$port ssl http2; listen 127.0.0.2:$port ssl http2;
    ssl_certificate $root/tls/server.crt; ssl_certificate_key $root/tls/server.key;
    ssl_client_certificate $root/tls/ca.crt; ssl_verify_client optional;"
  mkdir "$folder/www" "$folder/temporary"
  head -c 1024 /dev/zero | tr '\0' a >"$folder/www/1k.txt"
  head -c 16777216 /dev/urandom >"$folder/www/16m.bin"
  printf '%s\n' '{"a":[1,{"b":null}],"name":"Ada"}' >"$folder/www/a.json"
  printf 'ada:{PLAIN}secret\n' >"$folder/users"
  cat >"$folder/nginx.conf" <<CONF
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/error.log;
events { worker_connections 512; }
http {
  access_log off;
  types { application/json json; text/plain txt; application/octet-stream bin; }
  client_body_temp_path $folder/temporary/body;
  proxy_temp_path $folder/temporary/proxy;
  fastcgi_temp_path $folder/temporary/fastcgi;
  uwsgi_temp_path $folder/temporary/uwsgi;
  scgi_temp_path $folder/temporary/scgi;
  client_max_body_size 0;
  gzip on;
  gzip_types *;
  keepalive_requests 100000;
  server {
    $listen
    root $folder/www;
    location /protected/ { auth_basic nb; auth_basic_user_file $folder/users; alias $folder/www/; }
    location = /protocol { return 200 "\$server_protocol"; }
    location = /client { return 200 "\$ssl_client_verify \$ssl_client_s_dn"; }
    location /goaway/ { keepalive_requests 5; alias $folder/www/; }
    location /slow/ { limit_rate 256k; alias $folder/www/; }
    location /bin/ {
      proxy_pass http://127.0.0.1:$(port_of httpbin)/;
      proxy_set_header Host \$http_host;
      proxy_buffering off;
    }
    location /upload/ {
      proxy_pass http://127.0.0.1:$(port_of "$upstream")/;
      proxy_http_version 1.1;
      proxy_request_buffering off;
    }
    location /to/ { proxy_pass http://127.0.0.1:$(port_of "$upstream")/; proxy_http_version 1.1; proxy_buffering off; }
  }
  server {
    listen unix:$folder/socket;
    root $folder/www;
  }
  $([ "$tls" = off ] || nginx_bad_certificates)
}
CONF
}

nginx_bad_certificates() {
  local certificate
  for certificate in expired self-signed other; do
    printf 'server { listen 127.0.0.1:%s ssl http2; server_name %s.test; root %s;' \
      "$port" "$certificate" "$folder/www"
    printf ' ssl_certificate %s.crt; ssl_certificate_key %s.key; }\n' \
      "$root/tls/$certificate" "$root/tls/$certificate"
  done
}

nginx_command() { command=(/usr/sbin/nginx -c "$folder/nginx.conf" -p "$folder" -e "$folder/error.log"); }

nginx_is_ready() { (: <"/dev/tcp/127.0.0.1/$port"); }

nginx_after_creation() { :; }

export misbehaving_stop_signal=TERM misbehaving_abort_signal=KILL misbehaving_scheme=http
export misbehaving_h2_stop_signal=TERM misbehaving_h2_abort_signal=KILL misbehaving_h2_scheme=https
export httpbin_stop_signal=TERM httpbin_abort_signal=KILL httpbin_scheme=http
export nghttpd_stop_signal=TERM nghttpd_abort_signal=KILL nghttpd_scheme=https
export proxy_stop_signal=TERM proxy_abort_signal=KILL proxy_scheme=http
export nginx_stop_signal=QUIT nginx_abort_signal=KILL nginx_scheme=https
