/*
 * Sends exceptions to an attached process of this machine.
 *
 * The server sends one exception at a time, as a request, and the exception has arrived when the process replies. The
 * permit (permit.h) decides which of the two has an exception that is late: the process takes the permit before it
 * takes the exception, and the server takes it to withdraw the exception. Only the first of the two gets it. So an
 * exception that was withdrawn never arrives. The server's thread only.
 */
#ifndef K3THREAD_CLI_SERVER_ERRANDS_H
#define K3THREAD_CLI_SERVER_ERRANDS_H

#include "cli/server/arrival.h"
#include "cli/server/connection.h"
#include "cli/server/permit.h"

#include <jansson.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

struct errand;

/* The exceptions for one process. */
struct errands {
    struct connection *connection;
    pid_t              pid;
    struct permit      permit;
    TAILQ_HEAD(errand_list, errand) queue; /* only the first one may have been sent */
    uint64_t last_id;
    uint64_t owed; /* a request that was given up, whose reply may still come; or 0 */
};

/* Opens ERRANDS to the process PID, and sends the permit over CONNECTION. Returns 0 or -errno. */
int errands_open(struct errands *errands, struct connection *connection, pid_t pid);

/* Gives up the exceptions that are not done yet, and closes the permit. */
void errands_close(struct errands *errands);

/*
 * Sends EXCEPTION to the inner thread INNER of the process, an id or a name; NULL: to the main thread of the
 * process. MESSAGE may be NULL. Calls DONE when the exception has arrived or was given up, maybe before it returns.
 */
void errands_add(struct errands *errands, const char *inner, const char *exception,
                 const char *message, void (*done)(void *context, const struct arrival *arrival),
                 void       *context);

/* Takes REPLY, a line without a method that the process has sent. */
void errands_take_reply(struct errands *errands, const json_t *reply);

/* Gives up the exceptions of all processes that are late. Returns the seconds until the next one is late, or -1. */
double errands_expire(void);

#endif
