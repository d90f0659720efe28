/* Helpers of the floors: the clock, and children whose end is all that matters. */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <stdbool.h>
#include <sys/types.h>

/* Prints that WHAT failed, with errno, and exits. */
__attribute__((noreturn)) void fail(const char *what);

/* Returns the seconds of the clock that never jumps. */
double now(void);

/* Returns a number of 1 or more, or ends the program. */
int number(const char *text);

/* Starts a command by posix_spawnp(), with its output to /dev/null if QUIET. */
pid_t spawn(char **argv, bool quiet);

/* Waits for PID and fails unless it exited with 0. */
void expect_success(pid_t pid, char **argv);

#endif
