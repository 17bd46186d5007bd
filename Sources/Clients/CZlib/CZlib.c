#include "CZlib.h"

#define FUNCTIONS(X) X(zlibVersion) X(inflateInit2_) X(inflate) X(inflateReset) X(inflateEnd)

NB_CLIENT(nb_zlib, FUNCTIONS, "libz.so.1")
