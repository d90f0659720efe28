/* The directories of logs: one for each run of a supervisor, the newest few of them kept. */
#ifndef K3THREAD_CLI_WORKER_LOGS_H
#define K3THREAD_CLI_WORKER_LOGS_H

/* How many earlier runs' logs are kept. */
#define LOGS_KEPT 3

/*
 * Makes a directory for this run below LOGS and removes those of runs long gone. Returns 0 with
 * its path, to be freed, or -errno; -EPERM: LOGS is a link, somebody else's, or open to others.
 */
int logs_open(const char *logs, char **ret);

/*
 * Makes the directory RUN anew, which somebody has removed, with those above it. Returns 0 or -errno;
 * -EEXIST: it is there. Any thread.
 */
int logs_restore(const char *run);

#endif
