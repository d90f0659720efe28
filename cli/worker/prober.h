/*
 * Probers look, for a client, whether a probe holds for a thread whose command runs (join --until). A prober
 * is a pthread of its own in the supervisor, because a worker may be busy, and the server must not block. It
 * belongs to one run of the command. The thread and its worker do not know of it: what a prober runs belongs
 * to no thread, and is gone when the prober has ended.
 *
 * The server's thread calls these functions.
 */
#ifndef K3THREAD_CLI_WORKER_PROBER_H
#define K3THREAD_CLI_WORKER_PROBER_H

#include "cli/base/text.h"
#include "cli/worker/job.h"
#include "cli/worker/thread_report.h"
#include "k3thread.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

enum prober_news {
    PROBER_TRIED,      /* a complete look was in vain; the prober looks on */
    PROBER_HOLDS,      /* the last of its news, as are those below: the probe holds */
    PROBER_IN_VAIN,    /* it was told to finish or to stop */
    PROBER_IMPOSSIBLE, /* the probe can show nothing about this thread; see WHY */
    PROBER_FAILED,     /* the look could not begin; see WHY */
};

/* One prober. The server reads OWNER, and WHY after the last of its news. */
struct prober {
    void       *owner; /* the caller's */
    struct text why;

    /* What it looks at. */
    char               *spec, *name, *directory, *output;
    uint64_t            id; /* the thread's */
    struct environment *environment;
    mode_t              umask;
    off_t               start; /* of the run's output */
    int                 slot;  /* the number of the run's slot */

    k3thread *thread;

    /* Guarded by the lock of prober.c. */
    enum prober_news news;
    bool             is_posted;
    STAILQ_ENTRY(prober) link;
};

/*
 * Starts to look whether SPEC, which ready_is_valid_later() accepts, holds for the run of the thread ID with
 * JOB that REPORT describes. Returns 0 or -errno.
 */
int prober_start(struct prober **ret, void *owner, const char *spec, const struct job *job,
                 uint64_t id, const struct report *report);

/* Tells the prober that the command has ended: it looks at what is left to see. */
void prober_finish(struct prober *prober);

/* Tells the prober to stop. */
void prober_stop(struct prober *prober);

/* Returns a prober that has news, and puts them into *RET, or returns NULL. News wake the server's mailbox. */
struct prober *prober_take(enum prober_news *ret);

/* Frees PROBER, after the last of its news. */
void prober_free(struct prober *prober);

#endif
