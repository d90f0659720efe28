/*
 * Everything that the supervisor knows of one thread.
 *
 * The server makes a record at a start. It lives until `clear`, or until too many later threads
 * were joined, and belongs to the server's thread, with two exceptions: the worker reads the
 * members that were set at the start, and the worker's reports come through the mailbox.
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

struct attachment;
struct far_process;
struct table_row;

/* A list of threads that a client keeps from being forgotten; see store_keep(). */
LIST_HEAD(kept_list, record);

/* The list in which a thread that has not begun waits. */
enum wait_list {
    WAIT_LIST_NONE,
    WAIT_LIST_NEEDS, /* it waits for the threads that it needs */
    WAIT_LIST_QUEUE, /* it waits for a slot; see slot_lines.h */
};

/* The progress of the last restart that a client asked for. */
enum rerun {
    RERUN_NONE,      /* none is under way: the last one has begun its run */
    RERUN_ENDS,      /* the run before is ending */
    RERUN_CANCELLED, /* the same, but a later raise has made the thread end with that run */
    RERUN_BEGINS,    /* the next run is to begin, or the thread waits for its turn */
    RERUN_FAILED,    /* the thread ended before its next run */
};

struct console;
struct input;

/* An exception that asked a thread to end, and that arrived in the attached process of the run RUN. */
struct arrived_end {
    const k3thread_exctype *type;    /* NULL: there was none */
    const char             *message; /* or NULL; see shared_string.h */
    unsigned                run;
};

/* One thread. */
struct record {
    /* The members that a walk over all records reads come first, to be in few lines of the processor's cache. */
    uint64_t          id;
    struct table_row *row;     /* its line of `list`, as it was last written; NULL: none is kept */
    TAILQ_ENTRY(record) order; /* among all records, by id */
    struct report now;         /* the newest report that the server has taken */

    struct job     job;
    double         created;
    k3thread      *thread; /* NULL once it ended */
    bool           joined;
    bool           is_needed; /* another thread needs it, or has needed it */
    size_t         needed_by; /* how many live threads need it; they are ended first */
    bool           has_slot;
    bool           end_asked; /* the shutdown has asked it to end */
    bool           is_told;   /* the event of its creation was sent */
    enum rerun     rerun;
    enum wait_list wait_list;
    TAILQ_ENTRY(record) in_wait_list;

    LIST_ENTRY(record) by_id;
    LIST_ENTRY(record) by_name;
    TAILQ_ENTRY(record) in_joined_list; /* of the joined records that are not kept, oldest first */
    struct call_list  calls;            /* the calls that wait for this thread */
    struct input     *input;            /* the input that `send` writes to; NULL: none */
    bool              input_ended;      /* `send` has ended the input: the command reads its end */
    struct console   *console;          /* its terminal; NULL: none */
    unsigned          viewers;          /* how many clients are attached to the terminal */
    unsigned          types;            /* how many exceptions its processes have defined */
    struct kept_list *keeper;           /* NULL: may be forgotten once it has ended */
    LIST_ENTRY(record) kept;
    int64_t rank; /* in the queue; see slot_lines.h */

    struct attachment  *attachment;  /* of a process of the thread; NULL: none */
    struct far_process *far_process; /* the same on another machine; NULL: none */
    struct arrived_end  arrived;     /* in the attachment, also when that is closed */

    /* For a thread that ends with another process; see leash.h. */
    struct leash *leash;     /* NULL: none */
    bool          is_untold; /* it was not told that the leash has snapped */
    LIST_ENTRY(record) on_leash;

    /* For a thread that was asked to end before its command ran; see stuck.h. */
    bool   is_stuck;
    double stuck_due, stuck_pause;
    TAILQ_ENTRY(record) stuck;

    bool is_output_told; /* the event that its log grew was sent, and no client has looked since */

    struct output_marks *output_marks; /* when its log grew (output_times.h); NULL: it did not */

    struct assignment assignment; /* the worker's part */
};

/* Frees the record and all that it holds; RECORD may be NULL. The worker must be done with it. */
void record_free(struct record *record);

/* Returns the record that MAIL is a part of. */
struct record *record_of_mail(struct mail *mail);

/*
 * Writes the thread as the protocol shows it. MEMBERS is RECORD_ALL_MEMBERS, or a sum of
 * record_member()s. With a sum only these members are written, and those that are null are left
 * out.
 */
#define RECORD_ALL_MEMBERS UINT64_MAX
void record_write(struct text *text, const struct record *record, uint64_t members);

/* Returns the bit of the member NAME, or 0 if no member has that name. */
uint64_t record_member(const char *name);

/*
 * Returns the number of seconds that the command has run, or ran. Returns NAN if the thread has not
 * begun, or pauses between two runs: a pause belongs to neither run.
 */
double record_seconds(const struct record *record);

/* Returns that number at the moment NOW of the monotonic clock. */
double record_seconds_at(const struct record *record, double now);

/* Returns the time and memory that the thread's processes have used which have ended, in all its runs. */
struct usage record_usage(const struct record *record);

/*
 * Returns the condition that the thread waits for: its probe, or the word of the first need that is not
 * met. Returns NULL if it waits for neither.
 */
const char *record_waits_for(const struct record *record);

/* Returns the name of the other machine on which the thread runs or is to run, or NULL. */
const char *record_host(const struct record *record);

/* Returns the thread's state as a word. */
const char *record_state(const struct record *record);

bool record_is_live(const struct record *record);

/* Returns true if the thread has ended, and `join` exits with 0 for it. */
bool record_has_succeeded(const struct record *record);

/*
 * Returns true if the thread has ended and has failed. As in `run`, a thread that SystemExit ended has not
 * failed.
 */
bool record_has_failed(const struct record *record);

#endif
