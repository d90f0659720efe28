/*
 * Follows one thread until it has ended: copies its output (log_copy.h), waits for its end, and
 * passes signals (pass_signals.h) and its input (input_copy.h) on to it. For `logs` and `start --wait`.
 *
 * Functions report their failures, and return an exit status, STATUS_DONE on success, unless their
 * comment says otherwise.
 */
#ifndef K3THREAD_CLI_COMMANDS_FOLLOW_H
#define K3THREAD_CLI_COMMANDS_FOLLOW_H

#include "cli/commands/input_copy.h"
#include "cli/commands/log_copy.h"
#include "cli/commands/pass_signals.h"
#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>

/* One thread that is followed. */
struct follow {
    const struct invocation *invocation;
    json_int_t               id; /* the thread's id */
    struct log_copy          copy;
    struct pass_signals      pass;
    double                   since; /* show only the output of the last seconds; negative: all */
    struct input_copy        input; /* of standard input to the thread's; or zeroed */

    json_int_t log_request, join_request;
    bool       located; /* the request for the log was answered */
    json_t    *log;     /* the reply to that request; NULL: an error */
    bool       joined;  /* the join was answered */
    json_t    *thread;  /* the thread as it ended; NULL: an error */
};

/*
 * Returns the parameters of a request for the log of the thread ID, as it is now; SINCE is as in struct
 * follow.
 */
json_t *logs_request(json_int_t id, double since);

/* Prepares FOLLOW, without a thread yet. From now on follow_close() may be called at any time. */
void follow_open(struct follow *follow, const struct invocation *invocation);

/*
 * Shows the output of THREAD, a word of the user, until now; with copy.follow, also its output until it
 * ends.
 */
int follow_show(struct follow *follow, const char *thread);

/*
 * Queues the requests that follow_run() waits for, for the thread ID; with ID 0, for the thread of
 * the start that is queued before them. Then sends all that is queued. Returns as client.h's
 * functions do.
 */
int follow_request(struct follow *follow, json_int_t id);

/* Takes REPLY if it answers one of these requests. Returns 0 or -ENOMEM. */
int follow_take(struct follow *follow, const struct reply *reply);

/* Copies until the thread has ended, including its last output. */
int follow_run(struct follow *follow);

/*
 * Passes signals on to the thread from now on. Must be called before anything that a signal must
 * not interrupt.
 */
int follow_take_signals(struct follow *follow);

void follow_close(struct follow *follow);

#endif
