#define _GNU_SOURCE
#include "CPosix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
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

// What a sudden death has to undo. All of it is read by signal handlers, so it lies in static memory
// and is only used when complete: the length and the slots' states are set last.
enum { CLEANUP_SLOTS = 8, SLOT_FREE = 0, SLOT_FILLING = 1, SLOT_USED = 2 };
static char cleanup_paths[CLEANUP_SLOTS][PATH_MAX];
static atomic_int cleanup_states[CLEANUP_SLOTS];
static char restore_bytes[64];
static atomic_int restore_length;
static atomic_int restore_fd = -1;
static atomic_int is_dying;

int nb_unlink_on_death(const char *path) {
  size_t size = strlen(path) + 1;
  if (size > PATH_MAX) return -1;
  for (int slot = 0; slot < CLEANUP_SLOTS; slot++) {
    int expected = SLOT_FREE;
    if (!atomic_compare_exchange_strong(&cleanup_states[slot], &expected, SLOT_FILLING)) continue;
    memcpy(cleanup_paths[slot], path, size);
    atomic_store(&cleanup_states[slot], SLOT_USED);
    return slot;
  }
  return -1;
}

void nb_keep_on_death(int slot) {
  if (slot >= 0) atomic_store(&cleanup_states[slot], SLOT_FREE);
}

enum { GROUP_SLOTS = 1024 };
// 0: the slot is free.
static atomic_int doomed_groups[GROUP_SLOTS];

int nb_kill_on_death(pid_t group) {
  for (int slot = 0; slot < GROUP_SLOTS; slot++) {
    int expected = 0;
    if (atomic_compare_exchange_strong(&doomed_groups[slot], &expected, group)) return slot;
  }
  return -1;
}

void nb_spare_on_death(int slot) {
  if (slot >= 0) atomic_store(&doomed_groups[slot], 0);
}

static void restore_terminal(void) {
  int length = atomic_load(&restore_length);
  if (length == 0) return;
  ssize_t ignored = write(atomic_load(&restore_fd), restore_bytes, (size_t)length);
  (void)ignored;
}

static void set_handler(int number, void (*handler)(int), int flags) {
  struct sigaction action = {0};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, NULL);
}

void nb_signal_default(int number) { set_handler(number, SIG_DFL, 0); }
void nb_signal_ignore(int number) { set_handler(number, SIG_IGN, 0); }

static void raise_by_default(int number) {
  nb_signal_default(number);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
}

int nb_is_dying(void) { return atomic_load(&is_dying); }

static void clean_up(void) {
  atomic_store(&is_dying, 1);
  restore_terminal();
  for (int slot = 0; slot < CLEANUP_SLOTS; slot++) {
    if (atomic_load(&cleanup_states[slot]) == SLOT_USED) unlink(cleanup_paths[slot]);
  }
  for (int slot = 0; slot < GROUP_SLOTS; slot++) {
    int group = atomic_load(&doomed_groups[slot]);
    if (group > 0) kill(-group, SIGKILL);
  }
}

void nb_die_by_signal(int number) {
  clean_up();
  raise_by_default(number);
}

static struct sigaction before_crash[NSIG];

// Puts the former handler back, which may print a backtrace, and lets the fault happen again.
static void clean_up_after_crash(int number, siginfo_t *info, void *context) {
  (void)context;
  clean_up();
  sigaction(number, &before_crash[number], NULL);
  int was_sent = info->si_code <= 0;
  if (was_sent) raise(number);
}

// Stops as SIGTSTP does by default, with the terminal restored; returns when SIGCONT arrives.
static void restore_and_stop(int number) {
  int saved = errno;
  restore_terminal();
  raise_by_default(number);
  set_handler(number, restore_and_stop, SA_RESTART);
  errno = saved;
}

static int has_handler(int number, void (*handler)(int)) {
  struct sigaction action;
  return sigaction(number, NULL, &action) == 0 && action.sa_handler == handler;
}

static void catch_crash(int number) {
  struct sigaction action = {0};
  action.sa_sigaction = clean_up_after_crash;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, &before_crash[number]);
}

// Once: a signal that has a handler by then keeps it.
static void catch_deaths(void) {
  static const int deadly[] = {SIGINT, SIGTERM, SIGHUP};
  static const int crashes[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV};
  for (size_t index = 0; index < sizeof deadly / sizeof deadly[0]; index++) {
    if (has_handler(deadly[index], SIG_DFL)) set_handler(deadly[index], nb_die_by_signal, 0);
  }
  for (size_t index = 0; index < sizeof crashes / sizeof crashes[0]; index++) {
    catch_crash(crashes[index]);
  }
  // Not only at its default action: Swift's runtime may take SIGQUIT for a crash.
  if (!nb_signal_is_ignored(SIGQUIT)) set_handler(SIGQUIT, nb_die_by_signal, 0);
  if (has_handler(SIGTSTP, SIG_DFL)) set_handler(SIGTSTP, restore_and_stop, SA_RESTART);
}

void nb_restore_on_death(int fd, const char *bytes, size_t length) {
  if (length > sizeof restore_bytes) return;
  atomic_store(&restore_length, 0);
  memcpy(restore_bytes, bytes, length);
  atomic_store(&restore_fd, fd);
  atomic_store(&restore_length, (int)length);
  static atomic_int is_catching;
  if (length > 0 && !atomic_exchange(&is_catching, 1)) catch_deaths();
}

static volatile sig_atomic_t self_pipe = -1;
static volatile sig_atomic_t seen[NSIG];
volatile sig_atomic_t nb_first_caught;

enum { ACTION_SLOTS = 8 };
static struct {
  void (*volatile function)(void *);
  void *volatile argument;
} actions[ACTION_SLOTS];

int nb_add_signal_action(void (*function)(void *), void *argument) {
  for (int slot = 0; slot < ACTION_SLOTS; slot++) {
    if (actions[slot].function) continue;
    actions[slot].argument = argument;
    actions[slot].function = function;
    return slot;
  }
  return -1;
}

void nb_remove_signal_action(int slot) {
  if (slot >= 0) actions[slot].function = NULL;
}

static void write_to_pipe(int number) {
  int saved = errno;
  if (seen[number]) nb_die_by_signal(number);
  seen[number] = 1;
  if (nb_first_caught == 0) nb_first_caught = number;
  for (int slot = 0; slot < ACTION_SLOTS; slot++) {
    void (*function)(void *) = actions[slot].function;
    if (function) function(actions[slot].argument);
  }
  unsigned char byte = (unsigned char)number;
  ssize_t ignored = write((int)self_pipe, &byte, 1);
  (void)ignored;
  errno = saved;
}

void nb_signal_to_pipe(int number, int pipe_fd) {
  self_pipe = pipe_fd;
  seen[number] = 0;
  // No SA_RESTART: a blocked read or poll returns EINTR and sees the cancellation.
  set_handler(number, write_to_pipe, 0);
  // A parent that starts programs from a thread pool may hand its blocked signals down.
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

int nb_signal_is_ignored(int number) { return has_handler(number, SIG_IGN); }

const char *nb_error_message(int error, char *buffer, size_t size) {
  return strerror_r(error, buffer, size);
}

const char *nb_error_name(int error) { return strerrorname_np(error); }

int nb_block_asynchronous_signals(sigset_t *saved) {
  sigset_t set;
  sigfillset(&set);
  sigdelset(&set, SIGILL);
  sigdelset(&set, SIGTRAP);
  sigdelset(&set, SIGABRT);
  sigdelset(&set, SIGBUS);
  sigdelset(&set, SIGFPE);
  sigdelset(&set, SIGSEGV);
  return pthread_sigmask(SIG_SETMASK, &set, saved);
}

int nb_open_unnamed(const char *folder, mode_t mode) {
  return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
}

int nb_link_descriptor(int fd, const char *path) {
  char source[32];
  snprintf(source, sizeof source, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

int nb_rename_exclusive(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

int nb_close_from(posix_spawn_file_actions_t *actions, int from) {
  return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

int nb_send_datagram(const char *path, const char *text, size_t length) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  size_t size = strlen(path);
  if (size >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memcpy(address.sun_path, path, size);
  if (address.sun_path[0] == '@') address.sun_path[0] = 0;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  socklen_t used = offsetof(struct sockaddr_un, sun_path) + size;
  ssize_t sent = sendto(fd, text, length, MSG_NOSIGNAL, (struct sockaddr *)&address, used);
  close(fd);
  return sent < 0 ? -1 : 0;
}

int nb_pipe(int ends[2], int flags) { return pipe2(ends, flags); }

void nb_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

int nb_wake_descriptor(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

void nb_wake(int fd) { eventfd_write(fd, 1); }

int nb_process_descriptor(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

int nb_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

long nb_file_system_type(const char *path) {
  struct statfs status;
  return statfs(path, &status) == 0 ? (long)status.f_type : -1;
}
