// libpsl, bound on first use: which domains are shared by strangers. libcurl brings the library; its
// header would be one more package to build with, for two functions.
#pragma once
#include <CClientLoader.h>

extern const nb_client nb_public_suffix;

typedef struct psl_ctx_st psl_ctx_t;

// The list that the library was built with; null when it was built without.
const psl_ctx_t *psl_builtin(void);
const char *psl_get_version(void);
// Whether strangers share a domain, which is in lower case, and in Punycode or UTF-8: 1 or 0.
int psl_is_public_suffix(const psl_ctx_t *psl, const char *domain);
