/* The fate of an exception that was sent to a process: arrive.h says what follows from it. */
#ifndef K3THREAD_CLI_SERVER_ARRIVAL_H
#define K3THREAD_CLI_SERVER_ARRIVAL_H

#include "cli/rpc/protocol.h"

#include <jansson.h>
#include <stdint.h>

/* The fate of one exception. The strings are valid only during the call of the function that takes it. */
struct arrival {
    enum {
        ARRIVAL_DONE,     /* it is in the thread's queue */
        ARRIVAL_REFUSED,  /* the process could not raise it, for the reason CODE and WHY */
        ARRIVAL_NOT_TAKEN /* the process does not take exceptions, for the reason WHY */
    } how;
    uint64_t            inner; /* the thread that has it, and its name; only with ARRIVAL_DONE */
    const char         *name;
    enum protocol_error code;
    const char         *why;
};

/*
 * Returns the fate that REPLY, which is as a process writes it, tells: done, or refused. SILENT is the reason if REPLY
 * gives none. The strings belong to REPLY, or are SILENT.
 */
struct arrival arrival_read(const json_t *reply, const char *silent);

#endif
