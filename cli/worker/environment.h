/*
 * A caller's environment and limits: one block that never changes, shared by all the threads he
 * starts, so that a thread that runs does not hold a copy of what its command has got.
 */
#ifndef K3THREAD_CLI_WORKER_ENVIRONMENT_H
#define K3THREAD_CLI_WORKER_ENVIRONMENT_H

#include "cli/worker/limits.h"

#include <stdint.h>

struct environment;

/*
 * Copies STRINGS, a NULL-terminated list of NAME=VALUE, without those that tell a command which
 * thread it is, and without a NOTIFY_SOCKET, which is somebody else's. Returns a reference, or NULL without memory.
 */
struct environment *environment_new(char *const *strings, const struct limits *limits);

/* Returns the limits, which are valid no longer than ENVIRONMENT. */
const struct limits *environment_limits(const struct environment *environment);

/* Any thread may do these. NULL is fine. */
struct environment *environment_ref(struct environment *environment);
void                environment_unref(struct environment *environment);

/*
 * Returns the list for one command's exec, with K3THREAD_ID, K3THREAD_NAME, K3THREAD_SOCKET and, unless
 * NOTIFY is NULL, NOTIFY_SOCKET: to be freed by free(), and valid no longer than ENVIRONMENT. NULL
 * without memory.
 */
char **environment_list(const struct environment *environment, uint64_t id, const char *name,
                        const char *socket, const char *notify);

#endif
