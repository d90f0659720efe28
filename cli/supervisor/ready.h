/*
 * When is a command ready? What --ready says:
 *
 *     FD              a line is written to that descriptor, which the command finds open
 *     tcp:HOST:PORT   a connection is accepted there (an address, or localhost)
 *     unix:PATH       the same
 *     line:REGEX      a line of the output matches (extended)
 *     cmd:COMMAND     the shell's command ends with 0; it is tried again and again
 *
 * A probe belongs to one execution of one thread and runs in its worker, which polls for it.
 */
#ifndef K3THREAD_CLI_SUPERVISOR_READY_H
#define K3THREAD_CLI_SUPERVISOR_READY_H

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

struct pattern;
struct spawn_plan;

enum ready_kind { READY_NOTHING, READY_FD, READY_TCP, READY_UNIX, READY_LINE, READY_CMD };

/* Zeroed: nothing to be found out. */
struct ready {
    enum ready_kind kind;
    const char     *argument; /* behind the first colon; borrowed */
    int             number;   /* of READY_FD's descriptor */
    struct pollfd   poll;     /* what to wait for; fd -1: nothing but the time */
    double          next;     /* when to look again, on the monotonic clock; INFINITY: no matter */
    double          pause;
    pid_t           pid; /* of a cmd that runs */
    int             log; /* READY_LINE: the output, read up to `at` */
    off_t           at;
    struct pattern *pattern;
    int             write_end; /* READY_FD: for the spawn */
};

/* Why SPEC is no such word, or NULL if it is one. */
const char *ready_fault(const char *spec);

/* Before the spawn. SPEC (may be NULL) must outlive it. Returns 0 or -errno. */
int ready_open(struct ready *ready, const char *spec);

/* After the spawn with PLAN, whose output began at START. */
void ready_begin(struct ready *ready, const struct spawn_plan *plan, off_t start);

/*
 * Looks: when the poll says something, or `next` has come. Returns true when the command is ready;
 * the probe is over then and closed.
 */
bool ready_check(struct ready *ready, const struct spawn_plan *plan);

/* Ends the probe. */
void ready_close(struct ready *ready);

#endif
