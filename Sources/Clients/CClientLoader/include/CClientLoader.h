// Client libraries bound on first use: dlopen and dlsym instead of linking, which would cost every
// start of nb the time to load all of them.
//
// A client's C file lists the functions it needs once, as an X-macro, and names the library:
//
//   #define FUNCTIONS(X) X(inflate) X(inflateEnd)
//   NB_CLIENT(nb_zlib, FUNCTIONS, "libz.so.1")
//
// That defines, for each function, a stub of its real name that jumps to the address in its slot,
// and `const nb_client nb_zlib`, which `nb_client_load` fills the slots of. Callers include the
// library's own header and call the real names. A function missing from the list fails when nb is
// linked; a call before `nb_client_load` prints the function's name and traps.
//
// The stubs are hidden symbols: a library that is loaded later binds to the real functions.
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
  const char *name;
  // Where the stub finds the function's address.
  void **slot;
} nb_client_function;

typedef struct {
  // Names to try in order, ended by a null pointer.
  const char *const *sonames;
  const nb_client_function *functions;
  size_t function_count;
} nb_client;

// Loads the library and fills the slots, all or none. Returns 1; 0 with the reason, as dlerror(3)
// gives it, in `reason`. Calls must not overlap; a library once loaded stays.
int nb_client_load(const nb_client *client, char *reason, size_t reason_size);

// The path of the file that the client's functions were loaded from (dladdr(3)); null before that.
const char *nb_client_path(const nb_client *client);

// Reports a call of a function whose library is not loaded, and aborts.
_Noreturn void nb_client_trap(const char *function);

#ifdef __cplusplus
}
#endif

// The stub in assembly: nothing of the call's registers and stack may be touched, so that it serves
// every signature, variadic ones included.
#if defined(__x86_64__)
#define NB_CLIENT_JUMP(function) "  jmp *nb_slot_" #function "(%rip)\n"
#elif defined(__aarch64__)
// x16 is the register that a procedure linkage table may use (AAPCS64, section 6.1.1).
#define NB_CLIENT_JUMP(function)         \
  "  hint #34\n" /* bti c */             \
  "  adrp x16, nb_slot_" #function "\n"  \
  "  ldr x16, [x16, :lo12:nb_slot_" #function "]\n" \
  "  br x16\n"
#else
#error "the stubs are written for x86-64 and aarch64"
#endif

#define NB_CLIENT_STUB(function)                                                   \
  static void nb_trap_##function(void) { nb_client_trap(#function); }              \
  __attribute__((visibility("hidden"), used)) void *nb_slot_##function =           \
      (void *)nb_trap_##function;                                                  \
  __asm__(                                                                         \
      ".pushsection .text.nb_stub_" #function ",\"ax\",%progbits\n"                \
      ".p2align 4\n"                                                               \
      ".globl " #function "\n"                                                     \
      ".hidden " #function "\n"                                                    \
      ".type " #function ", %function\n" #function ":\n" NB_CLIENT_JUMP(function)  \
      ".size " #function ", . - " #function "\n"                                   \
      ".popsection\n");

#define NB_CLIENT_ENTRY(function) {#function, &nb_slot_##function},

#define NB_CLIENT(client, FUNCTIONS, ...)                                       \
  FUNCTIONS(NB_CLIENT_STUB)                                                     \
  static const nb_client_function client##_functions[] = {                      \
      FUNCTIONS(NB_CLIENT_ENTRY)};                                              \
  static const char *const client##_sonames[] = {__VA_ARGS__, NULL};            \
  const nb_client client = {                                                    \
      client##_sonames, client##_functions,                                     \
      sizeof client##_functions / sizeof client##_functions[0]};
