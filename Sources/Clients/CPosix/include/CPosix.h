// The parts of libc that Swift cannot import: variadic functions, function-like macros, and the
// signal handler, which must be async-signal-safe C.
#pragma once
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/types.h>

// open(2) with a mode.
int nb_open(const char *path, int flags, mode_t mode);
// fcntl(2) with an integer argument.
int nb_fcntl(int fd, int command, int argument);
// ioctl(TIOCGWINSZ): 0 on success, columns and rows set.
int nb_window_size(int fd, int *columns, int *rows);

// wait(2) status macros.
int nb_wait_exited(int status);
int nb_wait_exit_status(int status);
int nb_wait_signaled(int status);
int nb_wait_term_signal(int status);

// Installs a handler for `signal` that writes the signal's number as one byte to `pipe_fd`
// (self-pipe). The second time the same signal arrives within one process nb dies by it, so an
// operation that does not stop can always be stopped by a second Ctrl-C.
void nb_signal_to_pipe(int signal, int pipe_fd);
// Restores the default action.
void nb_signal_default(int signal);
// Ignores the signal.
void nb_signal_ignore(int signal);
// Writes the bytes of nb_restore_on_death, removes the files of nb_unlink_on_death, restores the
// signal's default action, unblocks it and raises it: does not return if that ends the process.
// Async-signal-safe.
void nb_die_by_signal(int signal);
// Remembers what to write to a terminal before the process dies by a signal or is stopped by
// SIGTSTP; at most 64 bytes. The first call gives signals that are still at their default action,
// and crashes, a handler that does so. Length 0 forgets the bytes.
void nb_restore_on_death(int fd, const char *bytes, size_t length);
// 1 once the terminal was restored because the process dies: nothing may be drawn any more.
int nb_is_dying(void);
// Remembers a file to remove before the process dies by a signal. Returns a slot for
// nb_keep_on_death; -1 when all are taken.
int nb_unlink_on_death(const char *path);
void nb_keep_on_death(int slot);
// Remembers a process group to kill (SIGKILL) before the process dies by a signal. Returns a slot for
// nb_spare_on_death; -1 when all are taken.
int nb_kill_on_death(pid_t group);
void nb_spare_on_death(int slot);
// 1 when the calling process was started with the signal ignored (nohup), so nb leaves it so.
int nb_signal_is_ignored(int signal);

// strerror_r(3) in its GNU form; the text may be `buffer` or static.
const char *nb_error_message(int error, char *buffer, size_t size);
// strerrorname_np(3): "ENOENT"; null for an unknown number.
const char *nb_error_name(int error);

// Blocks every signal that another process or the terminal sends, in the calling thread; returns an
// errno (pthread_sigmask(3)).
int nb_block_asynchronous_signals(sigset_t *saved);

// Opens a file without a name in `folder` for reading and writing (open(2), O_TMPFILE): EOPNOTSUPP,
// EISDIR or ENOENT where the file system or the kernel has none.
int nb_open_unnamed(const char *folder, mode_t mode);
// Gives an open file a name that is not taken (linkat(2) by /proc/self/fd).
int nb_link_descriptor(int fd, const char *path);

// renameat2(2) with RENAME_NOREPLACE: fails with EEXIST rather than replace a file.
int nb_rename_exclusive(const char *from, const char *to);

// posix_spawn_file_actions_addclosefrom_np(3).
int nb_close_from(posix_spawn_file_actions_t *actions, int from);

// Sends one datagram to a Unix socket without waiting (sendto(2)); a path that begins with @ is
// abstract (unix(7)).
int nb_send_datagram(const char *path, const char *text, size_t length);

// pipe2(2): ends[0] is read, ends[1] written.
int nb_pipe(int ends[2], int flags);

// pthread_setname_np(3) of the calling thread; at most 15 bytes.
void nb_name_thread(const char *name);

// eventfd(2), closed on exec; -1 on failure.
int nb_wake_descriptor(void);
// Makes an eventfd readable.
void nb_wake(int fd);

// The first signal that arrived since nb_signal_to_pipe; 0 for none. Known as soon as the handler
// ran, before a thread behind the pipe wakes up.
extern volatile sig_atomic_t nb_first_caught;
static inline int nb_first_caught_signal(void) { return (int)nb_first_caught; }

// Calls `function(argument)` within the handler of every caught signal, so it must be
// async-signal-safe. Returns a slot for nb_remove_signal_action, or -1 when all are taken. Only the
// main thread takes signals, and only it may call these two.
int nb_add_signal_action(void (*function)(void *), void *argument);
void nb_remove_signal_action(int slot);

// pidfd_open(2), closed on exec: readable once the process has ended; -1 on failure.
int nb_process_descriptor(pid_t process);

// memfd_create(2), closed on exec: a file without a name in memory; -1 on failure.
int nb_memory_file(const char *name);

// The type of the file system that `path` is on (statfs(2), f_type); -1 on failure.
long nb_file_system_type(const char *path);
