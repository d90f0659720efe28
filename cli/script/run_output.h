/*
 * What the commands of a run's threads print: the threads, and a printer that learns by inotify(7) of each
 * write to their logs.
 */
#ifndef K3THREAD_CLI_SCRIPT_RUN_OUTPUT_H
#define K3THREAD_CLI_SCRIPT_RUN_OUTPUT_H

#include "cli/script/run_threads.h"
#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>

struct run_output {
    struct printer     printer;
    struct run_threads threads;
    char              *logs;     /* the directory of all logs; NULL: not known yet */
    int                inotify;  /* -1: the system has none to spare */
    bool               watching; /* the directory; otherwise the logs are looked at in intervals */
    bool               is_full;  /* the file system of the logs was full */
};

/* Prints to FD; FLAGS are printer.h's. */
void run_output_open(struct run_output *output, int fd, unsigned flags);

/*
 * Returns the parameters of the request for events: the members that a run needs, or ALL_MEMBERS;
 * BEGINNINGS: also the events of commands that begin. NULL without memory.
 */
json_t *run_output_make_watch(bool beginnings, bool all_members);

/* Watches DIRECTORY (bytes), where all logs will be; none is there yet. Returns 0 or -errno. */
int run_output_watch(struct run_output *output, const json_t *directory);

/* Takes the supervisor's description of THREAD. Returns true if it says for the first time that it has ended. */
bool run_output_update(struct run_output *output, json_t *thread);

/* Returns the path of THREAD's log, which it has unless --output names a file; NULL without memory. */
char *run_output_log(const struct run_output *output, const json_t *thread);

/*
 * Learns what was written by now. Call it between the news of an end and run_output_collect(): a write is
 * known before the end of the thread that wrote.
 */
void run_output_look(struct run_output *output);

/* Takes all output that is known to be written, to be printed. Returns 0 or -ENOMEM. */
int run_output_collect(struct run_output *output);

/* Returns true the first time that the file system of the logs is full. */
bool run_output_fills_up(struct run_output *output);

/*
 * Returns how many milliseconds to wait for news of writes before the next look or collection; -1: for
 * ever.
 */
int run_output_patience(const struct run_output *output);

/* Closes all; removes the times of lines that `run` keeps. For when the supervisor is gone. */
void run_output_close(struct run_output *output);

#endif
