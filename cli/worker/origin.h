/* For the supervisor of an agent: the thread of the run for which a command runs here. */
#ifndef K3THREAD_CLI_WORKER_ORIGIN_H
#define K3THREAD_CLI_WORKER_ORIGIN_H

#include <stdint.h>

/* One thread of the run. */
struct origin {
    uint64_t id;
    char    *name;
    char    *host; /* the name of this machine in the list of --hosts */
    int      slot; /* the number of the thread's slot; or SLOT_NUMBER_NONE */
};

/* Frees ORIGIN, which may be NULL. */
void origin_free(struct origin *origin);

#endif
