/*
 * Probers: each finds out for a client whether a probe holds for a thread whose command runs (join --until).
 * A prober is a pthread of its own in the supervisor, because a worker may be busy, and the server must not
 * block. It belongs to one run of the command, but the worker does not know of it. The processes that a
 * prober starts belong to no thread, and have ended when the prober has ended.
 *
 * The server's thread calls these functions.
 */
#ifndef K3THREAD_CLI_WORKER_PROBER_H
#define K3THREAD_CLI_WORKER_PROBER_H

#include "cli/base/text.h"
#include "cli/worker/assignment.h"
#include "cli/worker/environment.h"
#include "cli/worker/prober_news.h"
#include "cli/worker/thread_report.h"
#include "k3thread.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

/* One prober. The server reads OWNER, and WHY after the last of its news. */
struct prober {
    void       *owner; /* the caller's */
    struct text why;

    /* Copies of the probe, and of members of the thread and the run. */
    char                *spec, *name, *host, *directory, *output;
    struct own_variables own; /* of the command */
    struct environment  *environment;
    mode_t               umask;
    off_t                start; /* where the run's output begins in the log */

    /* If the run is on another machine: where, and the thread's id there. */
    const struct seat *seat;
    uint64_t           far_id;

    k3thread *thread;

    /* Guarded by the lock of prober.c. */
    enum prober_news news;
    bool             is_posted;
    STAILQ_ENTRY(prober) link;
};

/*
 * Starts a prober for the probe SPEC, which ready_is_valid_later() accepts, and for the run that REPORT
 * describes, of the thread of ASSIGNMENT. Returns 0 or -errno.
 */
int prober_start(struct prober **ret, void *owner, const char *spec,
                 const struct assignment *assignment, const struct report *report);

/* Tells the prober that the command has ended: the prober looks at the rest of the output, and ends. */
void prober_finish(struct prober *prober);

/* Tells the prober to stop. */
void prober_stop(struct prober *prober);

/* Returns a prober that has news, and puts them into *RET; or returns NULL. News wake the server. */
struct prober *prober_take(enum prober_news *ret);

/* Frees PROBER, after the last of its news. */
void prober_free(struct prober *prober);

#endif
