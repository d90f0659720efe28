/* The threads of a run, as the supervisor last described them. */
#ifndef K3THREAD_CLI_SCRIPT_RUN_THREADS_H
#define K3THREAD_CLI_SCRIPT_RUN_THREADS_H

#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* How far a thread is. */
enum run_thread_kind {
    RUN_THREAD_UNKNOWN, /* no description has come */
    RUN_THREAD_WAITING, /* its command has not begun */
    RUN_THREAD_RUNNING,
    RUN_THREAD_DONE,   /* it has ended, and has not failed */
    RUN_THREAD_FAILED, /* it has ended */
    RUN_THREAD_DAEMON, /* a daemon that has not ended */
    RUN_THREAD_OTHER,  /* a daemon that has ended */
    RUN_THREAD_KINDS
};

/* One thread of the run. */
struct run_thread {
    json_t                *thread; /* the last description; NULL: none has come */
    struct printer_source *source; /* of its output; NULL: it has none */
    enum run_thread_kind   kind;
    bool                   written; /* something was written to its log */
    bool                   ended;   /* its end was acted upon */
    bool waited; /* it had to wait, so the answer to its start did not report its failure */
};

/* A list of threads by id. A supervisor's ids begin with 1. Zeroed it is empty. */
struct run_threads {
    struct run_thread *list;
    size_t             size;
    size_t             counts[RUN_THREAD_KINDS]; /* of the threads of each kind */
    bool               leaks_fail; /* a thread whose command left processes behind has failed */
};

/*
 * Returns the element for the thread ID, even if it has no description yet; NULL if memory is
 * lacking, or if ID is not valid.
 */
struct run_thread *run_threads_at(struct run_threads *threads, json_int_t id);

/* Returns the thread ID if it has a description, or NULL. */
struct run_thread *run_threads_find(const struct run_threads *threads, json_int_t id);

/* Keeps THREAD, the supervisor's description. Returns the element, or NULL without memory. */
struct run_thread *run_threads_update(struct run_threads *threads, json_t *thread);

/*
 * Returns the status that the end of THREAD counts as. A thread that was asked to end counts as 0; one
 * that left processes behind may count as 1.
 */
int run_threads_status(const struct run_threads *threads, const json_t *thread);

/* Returns true if all threads are daemons and at least one is live. */
bool run_threads_are_daemons(const struct run_threads *threads);

/* Return how many threads there are, and how many of them have failed, daemons included. */
size_t run_threads_count(const struct run_threads *threads);
size_t run_threads_count_failed(const struct run_threads *threads);

/* Returns the number of threads whose commands left processes behind. */
size_t run_threads_count_left(const struct run_threads *threads);

void run_threads_release(struct run_threads *threads);

#endif
