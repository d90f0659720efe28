/*
 * Prints the output of a run's threads: has the threads, and a printer of their logs, which inotify(7)
 * watches.
 */
#ifndef K3THREAD_CLI_SCRIPT_RUN_OUTPUT_H
#define K3THREAD_CLI_SCRIPT_RUN_OUTPUT_H

#include "cli/script/run_threads.h"
#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>

/* The output of one run. */
struct run_output {
    struct printer     printer;
    struct run_threads threads;
    char              *logs;     /* the directory of all logs; NULL: not known yet */
    int                inotify;  /* -1: the system has no instance left */
    bool               watching; /* the directory is watched; if not, logs are read in intervals */
    bool               is_full;  /* the file system of the logs was full at the last look */
};

/* Prints to FD; FLAGS are printer.h's. */
void run_output_open(struct run_output *output, int fd, unsigned flags);

/*
 * Returns the parameters of the request for events: with ALL_MEMBERS all members of threads, or else the members that
 * a run needs; with BEGINNINGS also the events of commands that begin; with COURSE all events that a trace shows.
 * Returns NULL if memory is lacking.
 */
json_t *run_output_make_watch(bool beginnings, bool course, bool all_members);

/*
 * Watches DIRECTORY (bytes), in which all logs will be made; it is still empty. Returns 0 or
 * -errno.
 */
int run_output_watch(struct run_output *output, const json_t *directory);

/*
 * Takes the supervisor's description of THREAD. Returns true if the description is the first to say
 * that THREAD has ended.
 */
bool run_output_update(struct run_output *output, json_t *thread);

/*
 * Returns the path that THREAD's log has, unless --output names another file; NULL if memory is
 * lacking.
 */
char *run_output_log(const struct run_output *output, const json_t *thread);

/* Returns true if the output of ELEMENT, whose thread has ended, is all taken for printing. */
bool run_output_is_over(const struct run_thread *element);

/* Removes the source of ELEMENT and lets go of it. Its thread has succeeded, and its output is over. */
void run_output_let_go(struct run_output *output, struct run_thread *element);

/*
 * Reads the events of all writes until now. Must be called after the event of a thread's end and
 * before run_output_collect(), so that all writes of the thread are known by then.
 */
void run_output_look(struct run_output *output);

/* Takes all output that is known to be written, for printing. Returns 0 or -ENOMEM. */
int run_output_collect(struct run_output *output);

/* Returns true when it first finds that the file system of the logs is full. */
bool run_output_fills_up(struct run_output *output);

/*
 * Returns the milliseconds to wait for events of writes before the next look or collection; -1: for
 * ever.
 */
int run_output_patience(const struct run_output *output);

/*
 * Closes all, and removes the times of lines that `run` keeps. Must be called after the supervisor
 * has ended.
 */
void run_output_close(struct run_output *output);

#endif
