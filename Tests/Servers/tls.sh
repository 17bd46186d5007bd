# The certificates of a run; sourced by ctl.
# shellcheck shell=bash
# shellcheck disable=SC2154 # lib.sh sets root

# A self-signed authority NAME.crt, NAME.key.
tls_authority() { # name
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 \
    -subj "/CN=nb test authority $1" -keyout "$1.key" -out "$1.crt" \
    -addext keyUsage=critical,keyCertSign,cRLSign
}

# A certificate NAME.crt, NAME.key that AUTHORITY signed.
tls_leaf() { # name, authority, common name, extension...
  local name=$1 authority=$2 common_name=$3 extension extensions=()
  shift 3
  for extension in "$@"; do extensions+=(-addext "$extension"); done
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 \
    -CA "$authority.crt" -CAkey "$authority.key" -subj "/CN=$common_name" \
    -keyout "$name.key" -out "$name.crt" \
    -addext basicConstraints=critical,CA:FALSE "${extensions[@]}"
}

# A certificate that was good until yesterday.
tls_expired() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=expired.test \
    -addext subjectAltName=DNS:expired.test,IP:127.0.0.1 -keyout expired.key -out expired.csr
  openssl x509 -req -in expired.csr -copy_extensions copy -CA ca.crt -CAkey ca.key -days -1 \
    -out expired.crt
}

# The server's certificate names localhost and 127.0.0.1. The servers listen on 127.0.0.2 too, where
# it is valid but for another host. `stranger` is a client that the servers do not know.
tls_prepare() {
  mkdir "$root/tls"
  cd "$root/tls" || return
  umask 077
  tls_authority ca
  tls_authority other-ca
  tls_leaf server ca localhost subjectAltName=DNS:localhost,IP:127.0.0.1 extendedKeyUsage=serverAuth
  tls_leaf client ca nb_cert extendedKeyUsage=clientAuth
  tls_leaf stranger other-ca nb_cert extendedKeyUsage=clientAuth
  tls_leaf other ca other-name.test subjectAltName=DNS:other-name.test
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 \
    -subj /CN=self-signed.test -addext subjectAltName=DNS:self-signed.test \
    -keyout self-signed.key -out self-signed.crt
  tls_expired
  chmod 755 .
  chmod 644 ./*.crt
}
