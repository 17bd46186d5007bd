// fork(2) and exec on a terminal in one step: Swift must not run between the two.
#pragma once
#include <sys/types.h>

// Starts argv[0] on a new pseudo-terminal of the given size. Returns the pid and sets *master;
// -1 with errno on failure.
pid_t nbtest_spawn_on_pty(
    const char *const argv[], const char *const envp[], int columns, int rows, int *master);
