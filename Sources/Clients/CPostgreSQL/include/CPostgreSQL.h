// libpq, PostgreSQL's own client library, bound on first use.
#pragma once
#include <CClientLoader.h>
#include <postgresql/libpq-fe.h>

extern const nb_client nb_postgresql;

// The type of `PG_DIAG_…` fields, which are characters in macros.
static inline const char *nb_pq_field(const PGresult *result, char field) {
  return PQresultErrorField(result, field);
}
