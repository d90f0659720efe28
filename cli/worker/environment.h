/*
 * A client's environment and limits: one block that never changes, shared by all the threads that the
 * client starts. A thread keeps it as long as it can be restarted, so clients that send the same
 * environment one after the other share it, too.
 */
#ifndef K3THREAD_CLI_WORKER_ENVIRONMENT_H
#define K3THREAD_CLI_WORKER_ENVIRONMENT_H

#include "cli/process/limits.h"

#include <stdint.h>

struct environment;

/* Sets the K3THREAD_SOCKET of all commands. Call it once, before the first thread starts. */
void environment_set_socket(const char *socket);

/*
 * Appends DIRECTORY to the PATH of all commands: the program was sent there, and a command may call it. Call it
 * once, before the first thread starts.
 */
void environment_set_path_end(const char *directory);

/*
 * Copies STRINGS, a NULL-terminated list of NAME=VALUE, without the variables that tell a command which
 * thread it is, and without a NOTIFY_SOCKET, which belongs to another program. Returns a reference, or NULL
 * without memory. The server's thread only.
 */
struct environment *environment_new(char *const *strings, const struct limits *limits);

/* Returns a new environment with the variables and limits of BASE, in which STRINGS replace or add variables. */
struct environment *environment_new_with(const struct environment *base, char *const *strings);

/* Returns the limits, which are valid no longer than ENVIRONMENT. */
const struct limits *environment_limits(const struct environment *environment);

/* Returns the value of the client's variable NAME, or NULL. It is valid no longer than ENVIRONMENT. */
const char *environment_value(const struct environment *environment, const char *name);

/*
 * Returns the client's variables as a list up to a NULL, which the caller frees by free(). It is valid no longer
 * than ENVIRONMENT. NULL without memory.
 */
char **environment_strings(const struct environment *environment);

/* Take and drop a reference; the last drop frees the block. Any thread may call; NULL is allowed. */
struct environment *environment_ref(struct environment *environment);
void                environment_unref(struct environment *environment);

/* The variables of one command, besides the client's variables and K3THREAD_SOCKET. */
struct own_variables {
    uint64_t    id;        /* K3THREAD_ID */
    const char *name;      /* K3THREAD_NAME */
    int         slot;      /* K3THREAD_SLOT; or SLOT_NUMBER_NONE */
    const char *host;      /* K3THREAD_HOSTNAME, or NULL */
    const char *notify;    /* NOTIFY_SOCKET, or NULL */
    const char *makeflags; /* MAKEFLAGS in place of the client's; NULL: the client's */
};

/*
 * Returns the list for one command's exec, with its OWN variables. The caller frees it by free(); it is
 * valid no longer than ENVIRONMENT. NULL without memory.
 */
char **environment_list(const struct environment *environment, const struct own_variables *own);

#endif
