/* The report that a worker makes of its thread. */
#ifndef K3THREAD_CLI_WORKER_THREAD_REPORT_H
#define K3THREAD_CLI_WORKER_THREAD_REPORT_H

#include "cli/base/text.h"
#include "cli/rpc/protocol.h"
#include "k3thread.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The state of a thread at one moment. Each report holds references of its own to its strings (see
 * shared_string.h). A time of 0 has not come yet. Times are seconds since the epoch, but the times of
 * the last run are on the monotonic clock.
 */
struct report {
    enum protocol_state     state;
    pid_t                   tid, pid;
    int                     exit_code; /* -1: none */
    int                     signal;    /* 0: none */
    bool                    ready;     /* the thread is ready, or was ready in its last run */
    const k3thread_exctype *exception; /* NULL: none */
    double                  run_begin, run_end; /* of the last run */
    double                  started, ended;
    off_t                   output_start; /* where this thread's part of the output begins */
    off_t                   run_start;    /* where the output of its last run begins */
    ino_t                   run_inode; /* of the output's file before that run; 0: there was none */
    const k3thread_exctype *exception_before; /* of the run before; NULL: none */
    const char             *message;  /* the exception's, or why the command did not run; or NULL */
    const char             *status;   /* the command's own words about its state, or NULL */
    int                     error;    /* errno if the command could not be started, else 0 */
    const char             *left;     /* JSON: a list of the leftovers of all runs; NULL: none */
    unsigned left_listed, left_count; /* how many processes the list has; how many were left */
    unsigned runs;
    bool     loaded;  /* the function that the thread calls was found, in this run */
    pid_t    unended; /* a process that could not be ended, or 0 */
    unsigned shown;   /* how often it became ready; counted, because the server may miss a report */
    bool     ready_overdue; /* the limit that was over last is ready_timeout */
    unsigned overdue;       /* how often a limit was over and an attached process is to be told */
    int      slot;          /* the number of the last run's slot; see slot_numbers.h */
    unsigned lost;          /* how often the other machine on which it ran was lost */
    uint64_t far_id;   /* of the last run on another machine: the thread's id at the agent there */
    pid_t    attached; /* the process of that run that takes exceptions itself, or 0 */
    const char *foreign; /* the name of an exception that only that process knows, and ... */
    const k3thread_exctype *foreign_base; /* ... the type that it is derived from; else NULL */
    unsigned                missed; /* the limits that the command did not get; see limits.h */
};

/* Makes TO, which holds no strings, a copy of FROM. */
void report_copy(struct report *to, const struct report *from);

/* Drops the strings. */
void report_release(struct report *report);

/*
 * Clears the end of the last run, because the thread goes on. The exception of that run becomes exception_before,
 * which the event of the restart shows.
 */
void report_forget_run(struct report *report);

/* Replaces the message by TEXT, which is released. Without memory there is no message. */
void report_set_message(struct report *report, struct text *text);

/* Replace the message or the status by STRING, which may be NULL. */
void report_set_message_string(struct report *report, const char *string);
void report_set_status(struct report *report, const char *string);

/* Appends the list of leftovers, without its last bracket, so that write_comma() and more processes can follow. */
void report_begin_left(const struct report *report, struct text *text);

/* Notes that the exception NAME, which only a program knows and derives from BASE, has ended the run; NULL: none. */
void report_set_foreign(struct report *report, const char *name, const k3thread_exctype *base);

/*
 * Replaces the list of leftovers by LIST, which is released and has LISTED processes, and counts COUNT more
 * leftovers.
 */
void report_set_left(struct report *report, struct text *list, unsigned listed, unsigned count);

#endif
