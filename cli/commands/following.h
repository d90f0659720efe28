/*
 * One thread's output, copied to standard output while the thread goes on.
 *
 * Where the output begins is the supervisor's word, which comes when the command has begun: nobody
 * asks a file for its size. Functions return an exit status, STATUS_DONE as long as all is well;
 * what is not was reported.
 */
#ifndef K3THREAD_CLI_COMMANDS_FOLLOWING_H
#define K3THREAD_CLI_COMMANDS_FOLLOWING_H

#include "cli/commands/session.h"
#include "cli/commands/signals.h"
#include "cli/view/printer.h"

#include <jansson.h>
#include <stdbool.h>

struct following {
    const struct call *call;
    json_int_t         id;
    bool               timestamps; /* before each line */
    bool               follow;     /* until the thread has ended */
    bool               some_lines; /* begins with the last LINES */
    unsigned long long lines;

    /*
     * The thread is one's own (start --wait): what cannot be shown is not shown, and does not end
     * it. Otherwise that is an error.
     */
    bool own;
    bool mute;   /* nothing is copied, any more or at all */
    bool unread; /* whoever read standard output has gone */

    json_int_t             log_request, join_request;
    json_t                *log; /* the answer to the first; NULL: none, or an error */
    struct printer         printer;
    struct printer_source *source;  /* NULL: its log is not known yet */
    int                    inotify; /* -1: none */
    struct signals         signals; /* that are passed on; or none */
    bool                   asked;   /* the thread, by a signal, to end */
    bool                   located; /* the first is answered */
    bool                   joined;  /* the second is answered */
    json_t                *thread;  /* it: as the thread ended; NULL: an error */
};

/* Without a thread yet; following_close() then is fine at any time. */
void following_open(struct following *following, const struct call *call);

/* Shows what THREAD has printed by now, and if it follows all until that has ended. */
int following_show(struct following *following, const char *thread);

/*
 * Queues the requests that following_run() waits for, for the thread ID, or for that of a start that
 * is queued before them if it is 0; the last of them is sent, with all that is queued. Returns as
 * client.h does.
 */
int following_request(struct following *following, json_int_t id);

/* Takes an answer, if it is one to these requests. */
void following_take(struct following *following, const struct reply *reply);

/* Copies until the thread has ended, and then what it wrote last. */
int following_run(struct following *following);

/* Complains that the times of the lines are not known; returns the status. */
int following_no_times(const struct call *call);

/*
 * From now on a signal is for the thread: KeyboardInterrupt for SIGINT, SystemExit for any other
 * that would end this process, and SIGKILL for a second one. Call it before anything that a signal
 * must not cut in two.
 */
int following_take_signals(struct following *following);

void following_close(struct following *following);

#endif
