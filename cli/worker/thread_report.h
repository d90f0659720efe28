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
 * shared_string.h). A time of 0 has not come yet. Times are seconds since the epoch, except those of
 * the last run, which are on the monotonic clock.
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
    const k3thread_exctype *exception_before; /* that of the run before; NULL: none */
    const char             *message; /* the exception's, or why the command did not run; or NULL */
    const char             *status;  /* what the command said of its state, or NULL */
    int                     error;   /* errno if the command could not be started, else 0 */
    const char *left; /* JSON: a list of what the command left behind, in all runs; NULL: nothing */
    unsigned    left_listed, left_count; /* how many processes the list has; how many were left */
    unsigned    runs;
    bool        loaded;  /* the function that the thread calls was found, in this run */
    pid_t       unended; /* a process that could not be ended, or 0 */
    unsigned shown; /* how often it became ready; counted, because the server may miss a report */
    bool     ready_overdue; /* the time that was over last was the time to become ready */
    unsigned overdue;  /* how often a time was over, of which an attached process is to be told */
    int      slot;     /* the number of the last run's slot; see slot_numbers.h */
    unsigned lost;     /* how often the other machine on which it ran was lost */
    uint64_t far_id;   /* of the last run on another machine: the thread's id at the agent there */
    pid_t    attached; /* the process of that run that takes exceptions itself, or 0 */
    const char *foreign; /* the name of an exception that only that process knows, and ... */
    const k3thread_exctype *foreign_base; /* ... the type that it is derived from; else NULL */
    unsigned                missed; /* limits that the command could not be given; see limits.h */
};

/* Makes TO, which holds no strings, a copy of FROM. */
void report_copy(struct report *to, const struct report *from);

/* Drops the strings. */
void report_release(struct report *report);

/*
 * Clears how the last run ended, which is not how the thread does. The exception of that run stays as the
 * one before: the restart is told with it.
 */
void report_forget_run(struct report *report);

/* Puts TEXT, which is released, in place of the message. Without memory there is none. */
void report_set_message(struct report *report, struct text *text);

/* Replace the message or the status by STRING, which may be NULL. */
void report_set_message_string(struct report *report, const char *string);
void report_set_status(struct report *report, const char *string);

/* Appends the list of what was left, without its last bracket, so that write_comma() and more processes can follow. */
void report_begin_left(const struct report *report, struct text *text);

/* Notes that the exception NAME, which only a program knows and derives from BASE, has ended the run. NULL: none has. */
void report_set_foreign(struct report *report, const char *name, const k3thread_exctype *base);

/*
 * Puts LIST, which is released and has LISTED processes, in place of the list of what was left, and counts
 * COUNT more processes.
 */
void report_set_left(struct report *report, struct text *list, unsigned listed, unsigned count);

#endif
