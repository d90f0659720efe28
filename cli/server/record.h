/*
 * What the supervisor knows of one thread.
 *
 * A record is made by the server for a start, lives until `clear` (or until it is one of too many
 * that were joined), and belongs to the server's thread, with two exceptions: what is set at the
 * start is read by the worker, and what the worker reports goes through the mailbox.
 */
#ifndef K3THREAD_CLI_SERVER_RECORD_H
#define K3THREAD_CLI_SERVER_RECORD_H

#include "cli/base/text.h"
#include "cli/rpc/protocol.h"
#include "cli/server/call.h"
#include "k3thread.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

struct environment;

/* A thread that must be ready before another one's command starts. */
struct need {
    uint64_t id;
    char    *name;
    bool     met;
};

enum restart { RESTART_NEVER, RESTART_ON_FAILURE, RESTART_ALWAYS };

/* What a thread was asked to do; never changed after the start. */
struct job {
    char               *name;
    char              **argv;
    struct environment *environment; /* dropped by the worker when it needs it no more */
    char               *directory;
    char               *input;      /* a file to read from; NULL: none */
    bool                input_open; /* an input that nobody writes to, and that does not end */
    char               *output;     /* where the output goes: the log, or --output's file */
    double              after, timeout, grace; /* seconds; timeout < 0: none */
    int                 stop_signal;           /* what asks its processes to end */
    mode_t              umask;
    bool                daemon;

    char        *ready;         /* a probe, as ready.h reads it; NULL: ready as soon as it runs */
    double       ready_timeout; /* seconds that each run has for that; < 0: any */
    struct need *needs;
    size_t       need_count;
    enum restart restart;
    unsigned     restart_max; /* how often at the most; 0: no matter */
    off_t        log_limit;   /* bytes; 0: none */
    bool         queues;      /* its worker, after the delay, waits for a slot */
};

/*
 * What the worker says of its thread; 0 is a time that has not come yet. Times are seconds since the
 * epoch, except those of the last run, which are on the monotonic clock.
 */
struct report {
    enum protocol_state     state;
    pid_t                   tid, pid;
    double                  started, ended;
    double                  run_begin, run_end; /* of the last run */
    off_t                   output_start;       /* where in the output file this thread's begins */
    int                     exit_code;          /* -1: none */
    int                     signal;             /* 0: none */
    const k3thread_exctype *exception;          /* NULL: none */
    const k3thread_exctype *exception_before;   /* that of the run before; NULL: none */
    char                   *message; /* the exception's, or why the command did not run */
    char                   *status;  /* what the command said of its state, or NULL */
    int                     error;   /* errno if the command could not be started, else 0 */
    unsigned                runs;
    pid_t                   unended; /* a process that could not be ended, or 0 */
    bool                    ready;   /* it is, or was in its last run */
    unsigned shown;  /* how often it became ready; no report has to come in time for that */
    unsigned missed; /* limits that the command could not be given */
};

/* Threads that somebody keeps from being forgotten; see store_keep(). */
LIST_HEAD(kept_list, record);

/* Where a thread that has not begun stands. */
enum line { LINE_NONE, LINE_WAITING, LINE_QUEUED };

struct record {
    uint64_t                id;
    struct job              job;
    double                  created;
    struct report           now;    /* the newest that the server has taken in */
    k3thread               *thread; /* NULL once it ended */
    bool                    joined;
    bool                    has_own_log; /* not --output's file */
    bool                    is_needed;   /* by one that waits, or waited */
    size_t                  needed_by;   /* how many live threads need it: it is ended after them */
    bool                    has_slot;
    bool                    is_told;  /* of the shutdown: its end was asked for */
    const k3thread_exctype *end_type; /* by this exception; set before worker_End is sent */
    enum line               line;
    TAILQ_ENTRY(record) in_line;

    TAILQ_ENTRY(record) order; /* all, by id */
    LIST_ENTRY(record) by_id;
    LIST_ENTRY(record) by_name;
    TAILQ_ENTRY(record) finished; /* those joined and not kept, oldest first */
    struct call_list  calls;      /* that wait for this thread */
    struct kept_list *keeper;     /* NULL: it may be forgotten once it ended */
    LIST_ENTRY(record) kept;

    /* Of one that was told to end before its command ran; see threads_free_stuck(). */
    atomic_int spawning; /* the child that has not come to its exec, or 0 */
    bool       is_stuck;
    double     stuck_due, stuck_pause;
    TAILQ_ENTRY(record) stuck;

    struct report draft; /* the worker's own, until it has posted the end */

    /* The mailbox's, under its lock. */
    struct report posted;
    bool          is_posted;
    bool          is_heeded; /* each report wakes the server */
    STAILQ_ENTRY(record) mail;
};

/* Frees the record and all that it holds; NULL is fine. The worker must be done with it. */
void record_free(struct record *record);

/* Frees a job's parts, not the job itself. */
void job_release(struct job *job);

/*
 * Writes the thread as the protocol shows it. MEMBERS is RECORD_ALL_MEMBERS, or a sum of
 * record_member()s: then only those, without the ones that are null.
 */
#define RECORD_ALL_MEMBERS (~0U)
void record_write(struct text *text, const struct record *record, unsigned members);

/* The bit of the member NAME, 0 if there is none of that name. */
unsigned record_member(const char *name);

/*
 * Returns for how many seconds the command has run, or ran; NAN for a thread that has not begun, or
 * is in a pause between two runs, which belongs to neither.
 */
double record_seconds(const struct record *record);

/*
 * Returns what the thread waits for: its probe to be answered, or the first thread that it needs; NULL if
 * nothing.
 */
const char *record_waits_for(const struct record *record);

/* Its state, in a word. */
const char *record_state(const struct record *record);

bool record_is_live(const struct record *record);

#endif
