// OpenSSL's libssl, bound on first use: TLS over sockets of nb's own.
#pragma once
#include <CClientLoader.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

extern const nb_client nb_openssl;

// The password of the private key's file; null: none, and none is asked for on the terminal.
void nb_ssl_set_key_password(SSL_CTX *context, char *password);

// Macros of ssl.h.
static inline int nb_ssl_set_minimum_version(SSL_CTX *context) {
  return (int)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}
static inline void nb_ssl_set_modes(SSL_CTX *context) {
  SSL_CTX_set_mode(
      context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                   SSL_MODE_RELEASE_BUFFERS);
}
static inline int nb_ssl_set_server_name(SSL *session, const char *name) {
  return (int)SSL_set_tlsext_host_name(session, name);
}
static inline int nb_ssl_set_address(SSL *session, const char *address) {
  return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), address);
}
