/*
 * One thread's output, copied to standard output while the thread goes on.
 *
 * Functions return an exit status, STATUS_DONE as long as all is well; what is not was reported.
 */
#ifndef K3THREAD_CLI_FOLLOWING_H
#define K3THREAD_CLI_FOLLOWING_H

#include "cli/command.h"
#include "cli/logfile.h"
#include "cli/printer.h"
#include "cli/signals.h"

#include <jansson.h>
#include <stdbool.h>

struct following {
    const struct call     *call;
    char                  *path;
    json_int_t             id;
    bool                   started, ended; /* the thread, when the supervisor was asked */
    bool                   timestamps;     /* before each line; to be set before it is opened */
    struct logfile         file;
    struct printer         printer; /* of the times */
    struct printer_source *source;  /* its only one; NULL: none yet, or without times */
    int                    inotify; /* -1: none */
    struct signals         signals; /* that are passed on; or none */
    bool                   asked;   /* the thread, by a signal, to end */
    json_t                *thread;  /* when it has ended, as the supervisor shows it */
};

/* Finds THREAD and opens its log, which may not be there yet. */
int following_open(struct following *following, const struct call *call, const char *thread);

/* Copies what is there now; with SOME_LINES, its last LINES lines. */
int following_show(struct following *following, bool some_lines, unsigned long long lines);

/* Copies until the thread has ended, and then what it wrote last. */
int following_run(struct following *following);

/* No more is copied: a last line without newline is whole. */
int following_finish(struct following *following);

/* Complains that the times of the lines are not known; returns the status. */
int following_no_times(const struct call *call);

/*
 * From now on a signal is for the thread: KeyboardInterrupt for SIGINT, SystemExit for any other
 * that would end this process, and SIGKILL for a second one. Call it before anything that a signal
 * must not cut in two.
 */
int following_take_signals(struct following *following, const struct call *call);

void following_close(struct following *following);

#endif
