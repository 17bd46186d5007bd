#include "CHiredis.h"

#define FUNCTIONS(X) \
  X(freeReplyObject) X(redisReaderCreate) X(redisReaderFeed) X(redisReaderFree) \
  X(redisReaderGetReply)

NB_CLIENT(nb_hiredis, FUNCTIONS, "libhiredis.so.0.14")
