/* The directories of logs: one for each run of a supervisor, of which the newest few are kept. */
#ifndef K3THREAD_CLI_WORKER_LOGS_H
#define K3THREAD_CLI_WORKER_LOGS_H

/* How many earlier runs' logs are kept. */
#define LOGS_KEPT 3

/*
 * Makes a directory for this run below LOGS and removes the directories of the oldest runs. Once, by
 * the supervisor. Returns 0 or -errno; -EPERM: LOGS is a link, another user's, or open to others.
 */
int logs_open(const char *logs);

/* Returns the path of this run's directory. Any thread. */
const char *logs_directory(void);

/*
 * Makes this run's directory anew, and those above it, where another program has removed it. Returns 0
 * or -errno; -EEXIST: it is there. Any thread.
 */
int logs_restore(void);

#endif
