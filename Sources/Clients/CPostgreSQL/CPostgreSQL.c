#include "CPostgreSQL.h"

#define FUNCTIONS(X)                                                                               \
  X(PQbackendPID) X(PQcancel) X(PQclear) X(PQcmdStatus) X(PQcmdTuples) X(PQconndefaults)           \
  X(PQconninfo) X(PQconninfoFree) X(PQconnectPoll) X(PQconnectStartParams) X(PQconsumeInput)       \
  X(PQenterPipelineMode) X(PQerrorMessage) X(PQexitPipelineMode) X(PQfinish) X(PQflush)            \
  X(PQfname) X(PQfreeCancel) X(PQfreemem) X(PQfmod) X(PQftype) X(PQgetCancel) X(PQgetCopyData)     \
  X(PQgetResult) X(PQgetisnull) X(PQgetlength) X(PQgetvalue) X(PQhost) X(PQisBusy)                 \
  X(PQlibVersion) X(PQnfields) X(PQnparams) X(PQntuples) X(PQparameterStatus) X(PQparamtype)       \
  X(PQpipelineSync) X(PQport) X(PQputCopyData) X(PQputCopyEnd) X(PQresultErrorField)               \
  X(PQresultErrorMessage) X(PQresultStatus) X(PQsendDescribePrepared) X(PQsendPrepare)             \
  X(PQsendQuery) X(PQsendQueryParams) X(PQsendQueryPrepared) X(PQserverVersion)                    \
  X(PQsetErrorVerbosity) X(PQsetNoticeReceiver) X(PQsetSingleRowMode) X(PQsetnonblocking)          \
  X(PQsocket) X(PQstatus) X(PQtransactionStatus)

NB_CLIENT(nb_postgresql, FUNCTIONS, "libpq.so.5")
