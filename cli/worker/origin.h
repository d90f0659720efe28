/*
 * The thread that a command belongs to, as the command is told. In the supervisor of an agent that is a thread of the
 * run: its origin.
 */
#ifndef K3THREAD_CLI_WORKER_ORIGIN_H
#define K3THREAD_CLI_WORKER_ORIGIN_H

#include "cli/worker/environment.h"

#include <stdint.h>

/* One thread of the run. */
struct origin {
    uint64_t id;
    char    *name;
    char    *host; /* the name of this machine in the list of --hosts */
    int      slot; /* the number of the thread's slot; or SLOT_NUMBER_NONE */
};

/*
 * Returns the variables with which a command is told its thread: ORIGIN, or, if that is NULL, the thread ID, which is
 * called NAME and has the number SLOT. NAME is borrowed.
 */
struct own_variables origin_variables(const struct origin *origin, uint64_t id, const char *name,
                                      int slot);

/* Frees ORIGIN, which may be NULL. */
void origin_free(struct origin *origin);

#endif
