// zlib, bound on first use: reading gzip-compressed input.
#pragma once
#include <CClientLoader.h>
#include <zlib.h>

extern const nb_client nb_zlib;

// inflateInit2 for the gzip format (a macro in zlib.h); returns Z_OK or an error code.
static inline int nb_inflate_init_gzip(z_streamp stream) {
  return inflateInit2(stream, 16 + MAX_WBITS);
}
