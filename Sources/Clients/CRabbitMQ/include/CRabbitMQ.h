// librabbitmq, bound on first use: AMQP 0-9-1.
#pragma once
#include <CClientLoader.h>
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

extern const nb_client nb_rabbitmq;

// amqp_login_with_properties is variadic, which Swift cannot call: one function for each mechanism.
static inline amqp_rpc_reply_t nb_amqp_login_plain(
    amqp_connection_state_t state, const char *vhost, int frame_max, int heartbeat,
    const amqp_table_t *properties, const char *user, const char *password) {
  return amqp_login_with_properties(
      state, vhost, AMQP_DEFAULT_MAX_CHANNELS, frame_max, heartbeat, properties,
      AMQP_SASL_METHOD_PLAIN, user, password);
}

// The user is who the client certificate names; librabbitmq fails for an empty identity, and RabbitMQ
// reads none.
static inline amqp_rpc_reply_t nb_amqp_login_external(
    amqp_connection_state_t state, const char *vhost, int frame_max, int heartbeat,
    const amqp_table_t *properties) {
  return amqp_login_with_properties(
      state, vhost, AMQP_DEFAULT_MAX_CHANNELS, frame_max, heartbeat, properties,
      AMQP_SASL_METHOD_EXTERNAL, "nb");
}

// Makes OpenSSL compare the server's certificate with an IP address, which librabbitmq cannot:
// its own check of the name is to be turned off then. Returns 0 for what is no IP address, or where
// librabbitmq comes without OpenSSL.
int nb_amqp_expect_ip(amqp_socket_t *socket, const char *address);

// Whether what is sent waits until a segment is full (tcp(7), TCP_CORK).
void nb_amqp_cork(amqp_connection_state_t state, int is_corked);

// How long what was sent may go unacknowledged before the kernel drops the connection (tcp(7),
// TCP_USER_TIMEOUT); 0: the system's own limit.
void nb_amqp_limit_silence(amqp_connection_state_t state, unsigned milliseconds);
