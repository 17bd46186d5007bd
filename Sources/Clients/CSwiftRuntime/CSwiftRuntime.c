#include <stdint.h>

// The Swift runtime looks for a program "swift-backtrace" at every start, beside the executable, which
// for `./nb` is the current folder, and runs it when the process crashes. In a folder of somebody
// else's that would be their program.
//
// The part of the static runtime that does so is linked only because other parts refer to the two
// names below. These definitions come first, so that neither the search nor the crash handler is
// in the executable.
//
// Weak: should a later runtime need that part for something else, its own definitions count, and
// `make lint` tells. Hidden: a runtime that is a shared library, as in debug builds, keeps its own.
#define OVERRIDE __attribute__((weak, visibility("hidden")))

// The settings, which the runtime asks when it reports a fatal error: all zero is off. Larger than
// they are (88 bytes in Swift 6.3).
OVERRIDE char _swift_backtraceSettings[512];

// Asked by backtraces only.
OVERRIDE _Bool _swift_backtrace_isThunkFunction(const char *name) {
  (void)name;
  return 0;
}

// Unicode.Scalar.Properties.name has none: the names of all characters take half a megabyte, and nb
// asks for none. The linker puts this in place of the runtime's own (--wrap in Package.swift), which
// a weak definition could not do, for other parts of its file are needed.
intptr_t __wrap__swift_stdlib_getScalarName(uint32_t scalar, uint8_t *buffer, intptr_t capacity) {
  (void)scalar, (void)buffer, (void)capacity;
  return 0;
}

// The arguments of the process. The runtime's own way to them, at every start, reads
// /proc/self/maps to find where the stack lies; glibc hands them to every constructor.
static int argument_count;
static char **arguments;

__attribute__((constructor)) static void take_arguments(int count, char **values) {
  argument_count = count;
  arguments = values;
}

// Asked by CommandLine.argc and CommandLine.unsafeArgv.
OVERRIDE char **_swift_stdlib_getUnsafeArgvArgc(int *count) {
  *count = argument_count;
  return arguments;
}
