/* The assignment that the server gives to a worker. It is a part of the thread's record, and lives as long as that. */
#ifndef K3THREAD_CLI_WORKER_ASSIGNMENT_H
#define K3THREAD_CLI_WORKER_ASSIGNMENT_H

#include "cli/process/account.h"
#include "cli/worker/job.h"
#include "cli/worker/mailbox.h"
#include "cli/worker/thread_report.h"

#include <stdatomic.h>

struct seat;
struct thread_terminal;

/* One thread, as its worker gets it from the server. */
struct assignment {
    uint64_t                id; /* the thread's */
    struct job             *job;
    const struct seat      *seat;  /* the other machine on which it runs; NULL: this one */
    bool                    again; /* a restart was asked for: the thread waits out no delay */
    struct report           draft; /* the state of the thread at the start; then the worker's own */
    struct mail             mail;  /* where the worker posts its reports */
    struct account          account;   /* the usage of its ended processes */
    struct thread_terminal *terminal;  /* of all runs; NULL: none */
    bool                    has_marks; /* a run has made the file of marks; see run_marks.h */
    int                     input;     /* the pipe of an input that stays open, either end; or -1 */
    atomic_int              spawning;  /* the child that has not come to its exec, or 0 */
    atomic_int              attached;  /* the process that takes exceptions itself, or 0 */
    _Atomic(const k3thread_exctype *)
        end_type; /* the exception that worker_End stands for; set before worker_End is sent */
};

#endif
