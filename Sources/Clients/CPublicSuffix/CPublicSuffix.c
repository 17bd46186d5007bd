#include "CPublicSuffix.h"

#define FUNCTIONS(X) X(psl_builtin) X(psl_get_version) X(psl_is_public_suffix)

NB_CLIENT(nb_public_suffix, FUNCTIONS, "libpsl.so.5")
