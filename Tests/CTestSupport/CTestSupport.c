#include "CTestSupport.h"

#include <pty.h>
#include <unistd.h>

pid_t nbtest_spawn_on_pty(
    const char *const argv[], const char *const envp[], int columns, int rows, int *master) {
  struct winsize size = {(unsigned short)rows, (unsigned short)columns, 0, 0};
  pid_t pid = forkpty(master, NULL, NULL, &size);
  if (pid == 0) {
    execve(argv[0], (char *const *)argv, (char *const *)envp);
    _exit(127);
  }
  return pid;
}
