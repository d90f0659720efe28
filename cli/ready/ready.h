/*
 * Runs probes. A probe finds out when a command is ready (--ready), or whether something holds for a command that
 * runs (join --until).
 *
 *     FD                     a line is written to that descriptor, which the command finds open
 *     tcp:HOST:PORT          a connection is accepted there (an address, or localhost)
 *     unix:PATH              the same
 *     http://HOST:PORT/PATH  a request is answered with a status from 200 to 399
 *     line:REGEX             a line of the output matches (extended)
 *     notify                 the command says so by the protocol of sd_notify(3)
 *     cmd:COMMAND            the shell's command ends with 0; it is run again and again
 *
 * Each kind of probe is a file of its own; see probe.h. A probe belongs to one run of one thread's
 * command. One pthread calls its functions and polls for it: the thread's worker, or a prober.
 */
#ifndef K3THREAD_CLI_READY_READY_H
#define K3THREAD_CLI_READY_READY_H

#include "cli/base/text.h"

#include <poll.h>
#include <stdbool.h>
#include <sys/types.h>

struct ready;
struct spawn_plan;

/* Returns true if SPEC is a probe. */
bool ready_is_valid(const char *spec, struct text *why);

/* Returns true if SPEC is a probe that can begin to look at a command that runs already. */
bool ready_is_valid_later(const char *spec, struct text *why);

/* Returns true if SPEC, a probe, may still show something when the command has ended. */
bool ready_outlives_command(const char *spec);

/*
 * Returns true if SPEC, a probe, looks at the log. The supervisor that has the log then runs it, also for a command on
 * another machine, where the agent runs every other probe.
 */
bool ready_reads_log(const char *spec);

/*
 * Makes the probe that SPEC describes, before the command is spawned. SPEC must outlive it. Returns
 * 0 or -errno.
 */
int ready_open(const char *spec, struct ready **ret);

/*
 * Checks, before the command runs, whether the probe can show anything about it. Returns 0 if so; -EADDRINUSE if
 * another process answers the probe already; -EINVAL if no process ever will; or -ECANCELED, with WHY untouched, if
 * an exception came meanwhile: then the caller checks again, or gives up.
 */
int ready_rule_out(struct ready *ready, const struct spawn_plan *plan, struct text *why);

/*
 * Checks whether the probe can show anything about a command that runs already; OPTION names the probe in WHY.
 * Returns 0 or -EINVAL.
 */
int ready_rule_out_later(const struct ready *ready, const struct spawn_plan *plan,
                         const char *option, struct text *why);

/* Adds the descriptor that the probe gives the command, if it gives one, to PLAN. */
void ready_extend(const struct ready *ready, struct spawn_plan *plan);

/* Begins to look, after the spawn with PLAN. This run's output begins at START in its file. */
void ready_begin(struct ready *ready, const struct spawn_plan *plan, off_t start);

/* Return the descriptor to poll (fd -1: none), and the time of the next look at the latest (INFINITY: none). */
struct pollfd ready_poll(const struct ready *ready);
double        ready_next(const struct ready *ready);

/*
 * Looks. Call it when the poll has an event, or when the time of ready_next() has come. Returns true when the
 * command is ready.
 */
bool ready_check(struct ready *ready, const struct spawn_plan *plan);

/* Returns true if at least one look is complete, and has not shown that the command is ready. */
bool ready_has_tried(const struct ready *ready);

/* Notes that the command has ended. ready_check() then looks at the rest, until ready_is_over() returns true. */
void ready_finish(struct ready *ready);
bool ready_is_over(const struct ready *ready);

/* Returns true if the probe goes on when the command is ready. */
bool ready_lasts(const struct ready *ready);

/* Returns where in the output of the command the probe reads on; -1: it does not read the output. */
off_t ready_position(const struct ready *ready);

/* Returns the new status that the command has told, or NULL. The caller frees it. */
char *ready_take_status(struct ready *ready);

/* Returns true if the command has said that it is ending. */
bool ready_is_stopping(const struct ready *ready);

/* Returns the command's NOTIFY_SOCKET, or NULL if it gets none; the probe may be NULL. */
const char *ready_notify_socket(const struct ready *ready);

/* Ends the probe and the processes that it started. NULL is fine. */
void ready_close(struct ready *ready);

#endif
