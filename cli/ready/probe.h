/*
 * What the kinds of probes have in common. To add a kind: write ready_KIND.c with its struct
 * probe_kind, name that below and in the table in ready.c, and describe it in ready.h, in
 * k3thread(1), in the help of start and in complete.c.
 */
#ifndef K3THREAD_CLI_READY_PROBE_H
#define K3THREAD_CLI_READY_PROBE_H

#include "cli/ready/ready.h"

#include <stddef.h>

/* Between two tries: from the first to the last of these seconds, doubling. */
#define PROBE_FIRST_PAUSE 0.02
#define PROBE_LAST_PAUSE  1.0

/* One try may take so many seconds. */
#define PROBE_LIMIT 5.0

/* Functions that a kind does not need are NULL. */
struct probe_kind {
    const char *prefix; /* what a probe of this kind begins with, with its colon if it has one */
    size_t      size;   /* of the kind's own struct, which begins with a struct ready */

    bool is_word; /* nothing follows the prefix */
    bool lasts;   /* it goes on when the command is ready: there is more that it may say */

    /* Others may answer it, too: whoever does so before the command runs is found. */
    bool is_shared;

    /* Returns true if ARGUMENT, what follows the prefix, is valid. */
    bool (*is_valid)(const char *argument, struct text *why);

    int (*open)(struct ready *ready); /* before the spawn; returns 0 or -errno */

    /* Returns 0, or -EINVAL if the command of PLAN can never be found ready. */
    int (*rule_out)(const struct ready *ready, const struct spawn_plan *plan, struct text *why);
    void (*extend)(const struct ready *ready, struct spawn_plan *plan);
    void (*begin)(struct ready *ready, const struct spawn_plan *plan, off_t start);

    /*
     * Looks, or begins a try, or goes on with one; sets `poll` and `next` for the next time. A try is
     * under way while `poll` has a descriptor.
     */
    bool (*check)(struct ready *ready, const struct spawn_plan *plan);

    void (*close)(struct ready *ready); /* all but poll.fd */
};

struct ready {
    const struct probe_kind *kind;
    const char              *spec;     /* all of it; borrowed */
    const char              *argument; /* behind the prefix */
    struct pollfd            poll;     /* what to wait for; closed with the probe; fd -1: nothing */
    double                   next;     /* when to look again, on the monotonic clock */
    double                   pause;    /* before the try after the next */

    /* What the command says besides; see ready_take_status(). */
    char *status;
    bool  is_stopping;
};

/* Looks again after a pause that grows. */
void probe_postpone(struct ready *ready);

/* Closes the descriptor that was polled. */
void probe_unpoll(struct ready *ready);

extern const struct probe_kind probe_fd, probe_tcp, probe_unix, probe_http, probe_notify,
    probe_line, probe_command;

#endif
