#include "COpenSSL.h"

#define FUNCTIONS(X)                                                                               \
  X(ERR_clear_error) X(ERR_error_string_n) X(ERR_get_error) X(ERR_reason_error_string)             \
  X(OpenSSL_version) X(SSL_CTX_ctrl) X(SSL_CTX_free) X(SSL_CTX_load_verify_file) X(SSL_CTX_new)    \
  X(SSL_CTX_set_default_passwd_cb) X(SSL_CTX_set_default_passwd_cb_userdata)                       \
  X(SSL_CTX_set_default_verify_paths) X(SSL_CTX_set_verify) X(SSL_CTX_use_PrivateKey_file)         \
  X(SSL_CTX_use_certificate_chain_file) X(SSL_connect) X(SSL_ctrl) X(SSL_free)                     \
  X(SSL_get0_alpn_selected) X(SSL_get0_param) X(SSL_get_error) X(SSL_get_verify_result) X(SSL_new) \
  X(SSL_read) X(SSL_set1_host) X(SSL_set_alpn_protos) X(SSL_set_fd) X(SSL_set_hostflags)           \
  X(SSL_shutdown) X(SSL_write) X(TLS_client_method) X(X509_VERIFY_PARAM_set1_ip_asc)               \
  X(X509_verify_cert_error_string)

// libcrypto, which libssl needs, is searched with it.
NB_CLIENT(nb_openssl, FUNCTIONS, "libssl.so.3")

static int give_password(char *buffer, int size, int is_for_writing, void *password) {
  (void)is_for_writing;
  if (password == NULL) return -1;
  size_t length = strlen(password);
  if (length > (size_t)size) return -1;
  memcpy(buffer, password, length);
  return (int)length;
}

void nb_ssl_set_key_password(SSL_CTX *context, char *password) {
  SSL_CTX_set_default_passwd_cb(context, give_password);
  SSL_CTX_set_default_passwd_cb_userdata(context, password);
}
