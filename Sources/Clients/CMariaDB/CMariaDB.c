#include "CMariaDB.h"

#include <mariadb/mysql/plugin_auth.h>

#define FUNCTIONS(X)                                                                             \
  X(mysql_server_init) X(mysql_init) X(mysql_optionsv) X(mysql_real_connect) X(mysql_close)      \
  X(mysql_client_register_plugin) X(mysql_set_local_infile_handler) X(mariadb_cancel)            \
  X(mysql_get_client_info) X(mysql_get_server_info) X(mysql_get_ssl_cipher)                      \
  X(mysql_thread_id) X(mysql_ping) X(mysql_errno) X(mysql_error) X(mysql_sqlstate)               \
  X(mysql_warning_count) X(mysql_real_query) X(mysql_field_count) X(mysql_affected_rows)         \
  X(mysql_use_result) X(mysql_num_fields) X(mysql_fetch_fields) X(mysql_fetch_row)               \
  X(mysql_fetch_lengths) X(mysql_free_result) X(mysql_more_results) X(mysql_next_result)         \
  X(mysql_stmt_init) X(mysql_stmt_attr_set) X(mysql_stmt_prepare) X(mysql_stmt_param_count)      \
  X(mysql_stmt_bind_param) X(mysql_stmt_send_long_data) X(mysql_stmt_execute)                    \
  X(mysql_stmt_field_count) X(mariadb_stmt_fetch_fields) X(mysql_stmt_fetch)                     \
  X(mysql_stmt_more_results) X(mysql_stmt_next_result) X(mysql_stmt_affected_rows)               \
  X(mysql_stmt_free_result) X(mysql_stmt_close) X(mysql_stmt_errno) X(mysql_stmt_error)          \
  X(mysql_stmt_sqlstate) X(mysql_stmt_warning_count) X(mariadb_field_attr)

NB_CLIENT(nb_mariadb, FUNCTIONS, "libmariadb.so.3")

#define GUARD_NAME "nb_tls_guard"
const char *const nb_mysql_tls_guard = GUARD_NAME;

enum { AUTHENTICATION_PLUGIN = 2, AUTHENTICATION_INTERFACE = 0x0100 };

// st_mysql_client_plugin_AUTHENTICATION, whose header is not complete in Debian's package.
typedef struct {
  MYSQL_CLIENT_PLUGIN_HEADER
  int (*authenticate_user)(MYSQL_PLUGIN_VIO *vio, MYSQL *mysql);
} authentication_plugin;

// Called once the server's greeting was read and before anything is sent. The server has not
// asked for this plugin, so after the empty answer it names the one that it wants.
static int guard_tls(MYSQL_PLUGIN_VIO *vio, MYSQL *mysql) {
  if (!(mysql->server_capabilities & CLIENT_SSL)) return CR_SSL_CONNECTION_ERROR;
  // The first packet is preceded by the TLS handshake.
  if (vio->write_packet(vio, NULL, 0) != 0) return CR_ERROR;
  return mysql_get_ssl_cipher(mysql) != NULL ? CR_OK : CR_SSL_CONNECTION_ERROR;
}

static authentication_plugin guard = {
    .type = AUTHENTICATION_PLUGIN,
    .interface_version = AUTHENTICATION_INTERFACE,
    .name = GUARD_NAME,
    .author = "nb",
    .desc = "refuses to authenticate without TLS",
    .version = {1, 0, 0},
    .license = "MIT",
    .authenticate_user = guard_tls,
};

int nb_mysql_set_up(void) {
  if (mysql_server_init(0, NULL, NULL) != 0) return 1;
  MYSQL *mysql = mysql_init(NULL);
  if (mysql == NULL) return 1;
  struct st_mysql_client_plugin *plugin = (struct st_mysql_client_plugin *)&guard;
  int status = mysql_client_register_plugin(mysql, plugin) == NULL;
  mysql_close(mysql);
  return status;
}
