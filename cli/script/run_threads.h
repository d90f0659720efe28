/* The threads of a run, as the supervisor last described them. */
#ifndef K3THREAD_CLI_SCRIPT_RUN_THREADS_H
#define K3THREAD_CLI_SCRIPT_RUN_THREADS_H

#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Stands for one thread of the run. */
struct run_thread {
    json_t                *thread;  /* the last description; NULL: this id was never seen */
    struct printer_source *source;  /* of its output; NULL: it has none, or was never seen */
    bool                   written; /* something was written to its log */
    bool                   ended;   /* its end was acted upon */
    bool                   waited;  /* it could not run at once: no start tells of its failure */
};

/* A list by id: a supervisor counts from 1. Zeroed it is empty. */
struct run_threads {
    struct run_thread *list;
    size_t             size;
};

/* Returns the element for the thread ID, seen or not; NULL without memory, or if ID is no id. */
struct run_thread *run_threads_at(struct run_threads *threads, json_int_t id);

/* Returns the thread ID if it was seen, or NULL. */
struct run_thread *run_threads_find(const struct run_threads *threads, json_int_t id);

/* Keeps THREAD, the supervisor's description. Returns the element, or NULL without memory. */
struct run_thread *run_threads_update(struct run_threads *threads, json_t *thread);

/* Returns the status that the end of THREAD counts as: 0 also if it was asked to end. */
int run_threads_status(const json_t *thread);

/* Returns true if all threads are daemons, and one of them lives. */
bool run_threads_are_daemons(const struct run_threads *threads);

/* Return how many threads were seen, and how many of them have failed, daemons too. */
size_t run_threads_count(const struct run_threads *threads);
size_t run_threads_count_failed(const struct run_threads *threads);

void run_threads_release(struct run_threads *threads);

#endif
