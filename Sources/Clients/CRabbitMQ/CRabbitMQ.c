#include "CRabbitMQ.h"
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define FUNCTIONS(X)                                                                               \
  X(amqp_basic_ack) X(amqp_basic_cancel) X(amqp_basic_consume) X(amqp_basic_nack)                  \
  X(amqp_basic_publish) X(amqp_basic_qos) X(amqp_channel_close) X(amqp_channel_open)               \
  X(amqp_confirm_select) X(amqp_connection_close) X(amqp_destroy_connection)                       \
  X(amqp_error_string2) X(amqp_exchange_bind)                                                      \
  X(amqp_exchange_declare) X(amqp_exchange_delete) X(amqp_get_frame_max) X(amqp_get_heartbeat)     \
  X(amqp_get_rpc_reply) X(amqp_get_server_properties) X(amqp_get_sockfd)                           \
  X(amqp_login_with_properties) X(amqp_maybe_release_buffers_on_channel) X(amqp_new_connection)    \
  X(amqp_queue_bind) X(amqp_queue_declare) X(amqp_queue_delete) X(amqp_queue_purge)                \
  X(amqp_send_method) X(amqp_set_handshake_timeout) X(amqp_set_rpc_timeout)                        \
  X(amqp_simple_wait_frame_noblock) X(amqp_socket_open_noblock) X(amqp_ssl_socket_get_context)     \
  X(amqp_ssl_socket_new)                                                                           \
  X(amqp_ssl_socket_set_cacert) X(amqp_ssl_socket_set_key) X(amqp_ssl_socket_set_verify_hostname)  \
  X(amqp_ssl_socket_set_verify_peer) X(amqp_tcp_socket_new) X(amqp_version)

NB_CLIENT(nb_rabbitmq, FUNCTIONS, "librabbitmq.so.4")

int nb_amqp_expect_ip(amqp_socket_t *socket, const char *address) {
  // The OpenSSL that librabbitmq is bound to: dlsym(3) looks through a library's dependencies.
  void *library = dlopen("librabbitmq.so.4", RTLD_LAZY | RTLD_NOLOAD);
  void *context = amqp_ssl_socket_get_context(socket);
  int is_expected = 0;
  if (library && context) {
    void *(*parameters)(void *) = (void *(*)(void *))dlsym(library, "SSL_CTX_get0_param");
    int (*expect)(void *, const char *) =
        (int (*)(void *, const char *))dlsym(library, "X509_VERIFY_PARAM_set1_ip_asc");
    is_expected = parameters && expect && expect(parameters(context), address) == 1;
  }
  if (library) dlclose(library);
  return is_expected;
}

void nb_amqp_cork(amqp_connection_state_t state, int is_corked) {
  int descriptor = amqp_get_sockfd(state);
  if (descriptor >= 0) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_CORK, &is_corked, sizeof is_corked);
  }
}

void nb_amqp_limit_silence(amqp_connection_state_t state, unsigned milliseconds) {
  int descriptor = amqp_get_sockfd(state);
  if (descriptor >= 0) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof milliseconds);
  }
}
