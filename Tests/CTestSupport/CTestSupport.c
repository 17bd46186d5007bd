#define _GNU_SOURCE
#include "CTestSupport.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

// Runs in the child: a session of its own on the terminal, and nothing inherited from the tests.
static void become(const char *terminal, const char *const argv[], const char *const envp[]) {
  setsid();
  // The first terminal that a session's leader opens becomes its controlling terminal.
  int slave = open(terminal, O_RDWR);
  if (slave < 0) _exit(126);
  for (int fd = 0; fd <= 2; fd++) dup2(slave, fd);
  close_range(3, ~0U, 0);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  execve(argv[0], (char *const *)argv, (char *const *)envp);
  _exit(127);
}

pid_t nbtest_spawn_on_pty(
    const char *const argv[], const char *const envp[], int columns, int rows, int *master) {
  char terminal[64];
  struct winsize size = {(unsigned short)rows, (unsigned short)columns, 0, 0};
  int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return -1;
  if (grantpt(fd) != 0 || unlockpt(fd) != 0 || ptsname_r(fd, terminal, sizeof terminal) != 0 ||
      ioctl(fd, TIOCSWINSZ, &size) != 0) {
    close(fd);
    return -1;
  }
  pid_t pid = fork();
  if (pid == 0) become(terminal, argv, envp);
  if (pid < 0) {
    close(fd);
    return -1;
  }
  *master = fd;
  return pid;
}
