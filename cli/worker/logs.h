/* The directories of logs: each run of a supervisor has one, and the newest few are kept. */
#ifndef K3THREAD_CLI_WORKER_LOGS_H
#define K3THREAD_CLI_WORKER_LOGS_H

#include <stdint.h>

/*
 * Makes a directory for this run below LOGS and removes the directories of the oldest runs. Once, by
 * the supervisor. Returns 0 or -errno; -EPERM: LOGS is a link, belongs to another user, or is open to others.
 */
int logs_open(const char *logs);

/* Returns the path of this run's directory. Any thread. */
const char *logs_directory(void);

/* The most times that a caller makes the directory again: another program may still be removing it. */
#define LOGS_RESTORES_MAX 10

/*
 * Makes this run's directory again, and the directories above it, after another program removed it.
 * Returns 0 or -errno; -EEXIST: it is there. Any thread.
 */
int logs_restore(void);

/* Returns the path of the marks of the thread ID's runs (run_marks.h), to be freed; NULL without memory. */
char *logs_run_marks(uint64_t id);

#endif
