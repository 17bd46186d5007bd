#define _GNU_SOURCE
#include "CClientLoader.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static void *open_any(const char *const *sonames, char *reason, size_t reason_size) {
  for (const char *const *name = sonames; *name != NULL; name++) {
    // A library's own calls are bound when they are made: most of what it needs is never called.
    void *handle = dlopen(*name, RTLD_LAZY | RTLD_LOCAL);
    if (handle != NULL) return handle;
    const char *message = dlerror();
    snprintf(reason, reason_size, "%s", message != NULL ? message : "dlopen failed");
  }
  return NULL;
}

int nb_client_load(const nb_client *client, char *reason, size_t reason_size) {
  void *handle = open_any(client->sonames, reason, reason_size);
  if (handle == NULL) return 0;
  // Looked up twice, so that a library that lacks a function leaves no slot filled.
  for (int fill = 0; fill <= 1; fill++) {
    for (size_t i = 0; i < client->function_count; i++) {
      void *address = dlsym(handle, client->functions[i].name);
      if (address == NULL) {
        snprintf(
            reason, reason_size, "%s is too old: it lacks %s", client->sonames[0],
            client->functions[i].name);
        dlclose(handle);
        return 0;
      }
      if (fill) *client->functions[i].slot = address;
    }
  }
  return 1;
}

const char *nb_client_path(const nb_client *client) {
  // Before the load the slot holds the trap, which is part of nb itself.
  Dl_info function, own;
  if (dladdr(*client->functions[0].slot, &function) == 0) return NULL;
  if (dladdr((void *)nb_client_load, &own) != 0 && own.dli_fbase == function.dli_fbase) return NULL;
  return function.dli_fname;
}

void nb_client_trap(const char *function) {
  fprintf(stderr, "nb: bug: %s was called before its library was loaded\n", function);
  abort();
}
