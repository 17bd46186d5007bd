// SQLite, linked statically (-l:libsqlite3.a) so that the embedded default always works.
#pragma once
#include <sqlite3.h>
#include <stdarg.h>

// sqlite3_db_config is variadic; Swift cannot call it. Sets a boolean option; returns SQLITE_OK or
// an error code.
static inline int nb_sqlite3_db_config_bool(sqlite3 *db, int option, int value) {
  return sqlite3_db_config(db, option, value, (int *)0);
}

// The two special destructors are casts that Swift does not import.
static inline int nb_sqlite3_bind_text_borrowed(
    sqlite3_stmt *stmt, int index, const char *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_text64(stmt, index, bytes, count, SQLITE_STATIC, SQLITE_UTF8);
}
static inline int nb_sqlite3_bind_text_copied(
    sqlite3_stmt *stmt, int index, const char *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_text64(stmt, index, bytes, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}
static inline int nb_sqlite3_bind_blob_borrowed(
    sqlite3_stmt *stmt, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_blob64(stmt, index, bytes, count, SQLITE_STATIC);
}
static inline int nb_sqlite3_bind_blob_copied(
    sqlite3_stmt *stmt, int index, const void *bytes, sqlite3_uint64 count) {
  return sqlite3_bind_blob64(stmt, index, bytes, count, SQLITE_TRANSIENT);
}

// sqlite3_interrupt in the form of a signal action; it only sets a flag.
static inline void nb_sqlite3_interrupt(void *db) { sqlite3_interrupt((sqlite3 *)db); }
