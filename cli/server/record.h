/*
 * What the supervisor knows of one thread.
 *
 * The server makes a record for a start. It lives until `clear`, or until too many later threads were
 * joined, and belongs to the server's thread, with two exceptions: the worker reads what was set at the
 * start, and its reports go through the mailbox.
 */
#ifndef K3THREAD_CLI_SERVER_RECORD_H
#define K3THREAD_CLI_SERVER_RECORD_H

#include "cli/base/text.h"
#include "cli/server/call_list.h"
#include "cli/worker/assignment.h"
#include "k3thread.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

/* Threads that a client keeps from being forgotten; see store_keep(). */
LIST_HEAD(kept_list, record);

/* Where a thread that has not begun waits. */
enum line { LINE_NONE, LINE_WAITING, LINE_QUEUED };

/* One thread. */
struct record {
    uint64_t      id;
    struct job    job;
    double        created;
    struct report now;    /* the newest that the server has taken in */
    k3thread     *thread; /* NULL once it ended */
    bool          joined;
    bool          is_needed; /* by a thread that waits, or waited */
    size_t        needed_by; /* how many live threads need it: it is ended after them */
    bool          has_slot;
    bool          end_asked; /* by the shutdown */
    enum line     line;
    TAILQ_ENTRY(record) in_line;

    TAILQ_ENTRY(record) order; /* all, by id */
    LIST_ENTRY(record) by_id;
    LIST_ENTRY(record) by_name;
    TAILQ_ENTRY(record) finished; /* the joined ones that are not kept, oldest first */
    struct call_list  calls;      /* they wait for this thread */
    struct kept_list *keeper;     /* NULL: it may be forgotten once it ended */
    LIST_ENTRY(record) kept;

    /* Of a thread that was asked to end before its command ran; see stuck.h. */
    bool   is_stuck;
    double stuck_due, stuck_pause;
    TAILQ_ENTRY(record) stuck;

    struct assignment assignment; /* the worker's part */
};

/* Frees the record and all that it holds; NULL is fine. The worker must be done with it. */
void record_free(struct record *record);

/* Returns the record of a slot in the mailbox. */
struct record *record_of_mail(struct mail *mail);

/*
 * Writes the thread as the protocol shows it. MEMBERS is RECORD_ALL_MEMBERS, or a sum of
 * record_member()s: then only those, without the ones that are null.
 */
#define RECORD_ALL_MEMBERS (~0U)
void record_write(struct text *text, const struct record *record, unsigned members);

/* Returns the bit of the member NAME, 0 if there is none of that name. */
unsigned record_member(const char *name);

/*
 * Returns for how many seconds the command has run, or ran; NAN for a thread that has not begun, or
 * is in a pause between two runs, which belongs to neither.
 */
double record_seconds(const struct record *record);

/*
 * Returns what the thread waits for: its probe, or the first thread that it needs; NULL if it waits
 * for neither.
 */
const char *record_waits_for(const struct record *record);

/* Returns its state, in a word. */
const char *record_state(const struct record *record);

bool record_is_live(const struct record *record);

#endif
