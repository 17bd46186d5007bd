// The parts of libc that Swift cannot import: variadic functions, function-like macros, and the
// signal handler, which must be async-signal-safe C.
#pragma once
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
// (self-pipe). The second time the same signal arrives within one process its default action is
// restored and raised, so an operation that does not stop can always be stopped by a second Ctrl-C.
int nb_signal_to_pipe(int signal, int pipe_fd);
// Restores the default action.
int nb_signal_default(int signal);
// Ignores the signal.
int nb_signal_ignore(int signal);
// Restores the default action, unblocks the signal and raises it: does not return if the default
// action ends the process.
void nb_die_by_signal(int signal);
// 1 when the calling process was started with the signal ignored (nohup), so nb leaves it so.
int nb_signal_is_ignored(int signal);

// strerror_r(3) in its GNU form; the text may be `buffer` or static.
const char *nb_error_message(int error, char *buffer, size_t size);
// strerrorname_np(3): "ENOENT"; null for an unknown number.
const char *nb_error_name(int error);
