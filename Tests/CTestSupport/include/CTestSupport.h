// forkpty(3) and exec in one step: Swift must not run between fork and exec.
#pragma once
#include <sys/types.h>

// Starts argv[0] on a new pseudo-terminal of the given size. Returns the pid and sets *master;
// -1 with errno on failure.
pid_t nbtest_spawn_on_pty(
    const char *const argv[], const char *const envp[], int columns, int rows, int *master);
