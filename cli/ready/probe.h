/*
 * The common part of all kinds of probes. To add a kind: write probe_KIND.c with its struct probe_kind, add a
 * line to the list in cli/base/probe_kinds.h, and describe it in ready.h and in k3thread(1).
 */
#ifndef K3THREAD_CLI_READY_PROBE_H
#define K3THREAD_CLI_READY_PROBE_H

#include "cli/base/probe_kinds.h"
#include "cli/base/text.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct ready;
struct spawn_plan;

/* The seconds between two tries: at first and at last. In between they double. */
#define PROBE_FIRST_PAUSE 0.02
#define PROBE_LAST_PAUSE  1.0

/* The seconds that one try may take. */
#define PROBE_LIMIT 5.0

/* The functions of one kind of probes. Functions that it does not need are NULL. */
struct probe_kind {
    size_t size; /* of the kind's own struct, which begins with a struct ready */

    bool may_be_empty; /* the argument */
    bool lasts;        /* it goes on when the command is ready, because it may learn more */
    bool owns_poll;    /* close() closes the descriptor in `poll` */
    bool reads_log;    /* it looks at the log, which is on the machine of the thread's supervisor */

    /* Any process may answer it, so a process that answers before the command runs is looked for. */
    bool is_shared;

    /* Returns true if ARGUMENT, the part behind the prefix, is valid. */
    bool (*is_valid)(const char *argument, struct text *why);

    int (*open)(struct ready *ready); /* before the spawn; returns 0 or -errno */

    /* Returns the NOTIFY_SOCKET of the command. */
    const char *(*notify_socket)(const struct ready *ready);

    /* Returns 0, or -EINVAL if the command of PLAN can never be found ready. WHY names the OPTION. */
    int (*rule_out)(const struct ready *ready, const struct spawn_plan *plan, const char *option,
                    struct text *why);
    void (*extend)(const struct ready *ready, struct spawn_plan *plan);
    void (*begin)(struct ready *ready, const struct spawn_plan *plan, off_t start);

    /*
     * Looks, begins a try, or goes on with a try; sets `poll` and `next` for the next time. A try is under way
     * while `poll` has a descriptor. Returns true when the command is ready.
     */
    bool (*check)(struct ready *ready, const struct spawn_plan *plan);

    /* Returns where in the output of the command the probe reads on. NULL: it does not read the output. */
    off_t (*position)(const struct ready *ready);

    /*
     * Notes that the command has ended: check() looks at what it has left, and then sets `is_over`. NULL: when the
     * command has ended, the probe cannot show anything more.
     */
    void (*finish)(struct ready *ready);

    void (*close)(struct ready *ready); /* all but poll.fd, unless owns_poll */
};

/* One probe. A kind's own struct begins with it. */
struct ready {
    const struct probe_kind *kind;
    const char              *spec;     /* all of it; borrowed */
    const char              *argument; /* behind the prefix */
    struct pollfd            poll;     /* what to wait for; fd -1: nothing */
    double                   next;     /* when to look again, on the monotonic clock */
    double                   pause;    /* before the try after the next */
    unsigned turn; /* of a probe that connects: the index of the address that comes next */

    bool has_tried; /* at least one try is over */
    bool is_over;   /* after ready_finish(): the last look has failed */

    char *status;      /* the new status of the command, or NULL: see ready_take_status() */
    bool  is_stopping; /* the command has said that it is ending */
};

/*
 * Returns the kind of SPEC; *RET_ARGUMENT is the part behind the prefix. A word without a known prefix is of the
 * kind FD, which may refuse the word.
 */
const struct probe_kind *probe_kind_of(const char *spec, const char **ret_argument);

/* Returns true if a probe of KIND can begin to look at a command that runs already. */
bool probe_kind_is_later(const struct probe_kind *kind);

/* Sets the time of the next try, after a pause that grows from try to try. */
void probe_postpone(struct ready *ready);

/* Closes the descriptor that was polled. */
void probe_unpoll(struct ready *ready);

extern const struct probe_kind probe_fd;
#define X(kind, prefix, syntax) extern const struct probe_kind probe_##kind;
PROBE_KINDS(X)
#undef X

#endif
