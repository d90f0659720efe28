/* What the floors share: the clock, and a child of which nothing more than its end is wanted. */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

#include <stdbool.h>
#include <sys/types.h>

/* Says that WHAT failed, with errno, and exits. */
__attribute__((noreturn)) void fail(const char *what);

/* Seconds, of the clock that never jumps. */
double now(void);

/* A number of 1 or more, or the end of the program. */
int number(const char *text);

/* By posix_spawnp(), its output to /dev/null if QUIET. */
pid_t spawn(char **argv, bool quiet);

/* Waits for PID and fails unless it exited with 0. */
void expect_success(pid_t pid, char **argv);

#endif
