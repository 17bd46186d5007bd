// libmariadb, bound on first use: MariaDB and MySQL.
#pragma once
#include <CClientLoader.h>
#include <mariadb/mysql.h>
#include <mariadb/errmsg.h>

extern const nb_client nb_mariadb;

// mysql_optionsv is variadic; Swift cannot call it. Each returns 0, or non-zero for an option that the
// library does not know.
static inline int nb_mysql_set_number(MYSQL *mysql, enum mysql_option option, unsigned int value) {
  return mysql_optionsv(mysql, option, &value);
}
static inline int nb_mysql_set_flag(MYSQL *mysql, enum mysql_option option, int value) {
  my_bool flag = value != 0;
  return mysql_optionsv(mysql, option, &flag);
}
static inline int nb_mysql_set_size(MYSQL *mysql, enum mysql_option option, size_t value) {
  return mysql_optionsv(mysql, option, &value);
}
static inline int nb_mysql_set_text(MYSQL *mysql, enum mysql_option option, const char *value) {
  return mysql_optionsv(mysql, option, value);
}
static inline int nb_mysql_set_attribute(MYSQL *mysql, const char *name, const char *value) {
  return mysql_optionsv(mysql, MYSQL_OPT_CONNECT_ATTR_ADD, name, value);
}

// Has `call` called for each cell of a row while mysql_stmt_fetch runs, with the cell's number and
// the place that holds its address, or null for NULL; it must move the address to behind the cell.
static inline void nb_mysql_stmt_on_cell(
    MYSQL_STMT *statement, void *context,
    void (*call)(void *context, unsigned int column, unsigned char **cell)) {
  mysql_stmt_attr_set(statement, STMT_ATTR_CB_USER_DATA, context);
  mysql_stmt_attr_set(statement, STMT_ATTR_CB_RESULT, (const void *)call);
}

// The name of an authentication plugin that goes before the real one (MYSQL_DEFAULT_AUTH) and answers
// nothing over a connection without TLS: no password, no hash of one, and no user's name is sent.
//
// MYSQL_OPT_SSL_ENFORCE does not do this: it goes on in plaintext when the server has no TLS, and
// whatever is checked after mysql_real_connect is checked too late.
extern const char *const nb_mysql_tls_guard;

// Sets up the library and registers the plugin above; returns 0, or non-zero when it cannot. To be
// called once, before everything else.
int nb_mysql_set_up(void);
