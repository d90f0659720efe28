/* The threads of a run, as the supervisor last described them. */
#ifndef K3THREAD_CLI_SCRIPT_RUN_THREADS_H
#define K3THREAD_CLI_SCRIPT_RUN_THREADS_H

#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

/* The kinds of threads that a run counts. */
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

/* One thread of the run. Its address stays the same until it is let go. */
struct run_thread {
    json_t                *thread; /* the last description; NULL: none has come */
    struct printer_source *source; /* of its output; NULL: it has none */
    enum run_thread_kind   kind;
    bool                   written; /* its log was written to */
    bool                   ended;   /* its end was acted upon */
    bool waited;  /* it had to wait, so the reply to its start did not report its failure */
    bool is_past; /* it is in the list PAST */
    TAILQ_ENTRY(run_thread) past;
};

TAILQ_HEAD(run_thread_list, run_thread);

/*
 * The threads by id. A supervisor's ids begin with 1. Zeroed it is empty.
 *
 * A thread that has succeeded may be let go: it then still counts, but has no description any more.
 */
struct run_threads {
    struct run_thread_chunk   *
        *chunks; /* of consecutive ids; NULL: no thread of the chunk is known any more */
    size_t chunk_count;
    size_t size;                     /* all ids are smaller */
    size_t counts[RUN_THREAD_KINDS]; /* of the threads of each kind */
    struct run_thread_list past;     /* threads that may be let go, in the order of their ends */
    size_t                 past_count;
    size_t                 let_go;     /* how many were let go */
    bool                   leaks_fail; /* a thread whose command left processes behind has failed */
};

/*
 * Returns the element for the thread ID, even if it has no description yet; NULL if memory is
 * lacking, or if ID is not valid.
 */
struct run_thread *run_threads_at(struct run_threads *threads, json_int_t id);

/* Returns the thread ID if it has a description, or NULL. */
struct run_thread *run_threads_find(const struct run_threads *threads, json_int_t id);

/* Returns the description of the thread ID, or NULL. */
json_t *run_threads_get(const struct run_threads *threads, size_t id);

/*
 * Returns the description of the thread that has the next id behind *ID, and stores its id in *ID; NULL behind the last
 * thread. Begin with the id 0.
 */
json_t *run_threads_next(const struct run_threads *threads, size_t *id);

/* Keeps THREAD, the supervisor's description. Returns the element, or NULL without memory. */
struct run_thread *run_threads_update(struct run_threads *threads, json_t *thread);

/*
 * Note that the end of ELEMENT was acted upon, or that it lives again. An element that has succeeded and left nothing
 * behind becomes the last of the list PAST.
 */
void run_threads_end(struct run_threads *threads, struct run_thread *element);
void run_threads_resume(struct run_threads *threads, struct run_thread *element);

/* Takes ELEMENT out of the list PAST, if it is there. */
void run_threads_leave_past(struct run_threads *threads, struct run_thread *element);

/*
 * Lets go of ELEMENT, which has been in the list PAST: counts it, and frees its description. Its source must have been
 * removed.
 */
void run_threads_let_go(struct run_threads *threads, struct run_thread *element);

/*
 * Returns the status that the end of THREAD counts as. A thread that was asked to end counts as 0. A thread
 * that left processes behind may count as 1.
 */
int run_threads_status(const struct run_threads *threads, const json_t *thread);

/* Returns true if all threads are daemons and at least one is live. */
bool run_threads_are_daemons(const struct run_threads *threads);

/* Return the number of threads, and the number of threads that have failed, daemons included. */
size_t run_threads_count(const struct run_threads *threads);
size_t run_threads_count_failed(const struct run_threads *threads);

/* Returns the number of threads whose commands left processes behind. */
size_t run_threads_count_left(const struct run_threads *threads);

void run_threads_release(struct run_threads *threads);

#endif
