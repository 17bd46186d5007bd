#define _GNU_SOURCE
#include "CPosix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int nb_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
int nb_fcntl(int fd, int command, int argument) { return fcntl(fd, command, argument); }

int nb_window_size(int fd, int *columns, int *rows) {
  struct winsize size;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0) return -1;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return 0;
}

int nb_wait_exited(int status) { return WIFEXITED(status); }
int nb_wait_exit_status(int status) { return WEXITSTATUS(status); }
int nb_wait_signaled(int status) { return WIFSIGNALED(status); }
int nb_wait_term_signal(int status) { return WTERMSIG(status); }

static volatile sig_atomic_t self_pipe = -1;
static volatile sig_atomic_t seen[NSIG];

static void write_to_pipe(int number) {
  int saved = errno;
  if (seen[number]) {
    nb_die_by_signal(number);
  }
  seen[number] = 1;
  unsigned char byte = (unsigned char)number;
  ssize_t ignored = write((int)self_pipe, &byte, 1);
  (void)ignored;
  errno = saved;
}

int nb_signal_to_pipe(int number, int pipe_fd) {
  self_pipe = pipe_fd;
  seen[number] = 0;
  struct sigaction action = {0};
  action.sa_handler = write_to_pipe;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a blocked read or poll returns EINTR and sees the cancellation.
  action.sa_flags = 0;
  return sigaction(number, &action, NULL);
}

static int set_handler(int number, void (*handler)(int)) {
  struct sigaction action = {0};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  return sigaction(number, &action, NULL);
}

int nb_signal_default(int number) { return set_handler(number, SIG_DFL); }
int nb_signal_ignore(int number) { return set_handler(number, SIG_IGN); }

void nb_die_by_signal(int number) {
  nb_signal_default(number);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
}

int nb_signal_is_ignored(int number) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

const char *nb_error_message(int error, char *buffer, size_t size) {
  return strerror_r(error, buffer, size);
}

const char *nb_error_name(int error) { return strerrorname_np(error); }
