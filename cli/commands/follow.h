/*
 * Following one thread until it has ended: its output is copied (log_copy.h), its end is awaited, and
 * signals are passed on to it (pass_signals.h). For `logs` and start --wait.
 *
 * Functions return an exit status, STATUS_DONE as long as all is well, and report what is not, unless
 * their comment says otherwise.
 */
#ifndef K3THREAD_CLI_COMMANDS_FOLLOW_H
#define K3THREAD_CLI_COMMANDS_FOLLOW_H

#include "cli/commands/log_copy.h"
#include "cli/commands/pass_signals.h"
#include "cli/commands/session.h"

#include <jansson.h>
#include <stdbool.h>

struct follow {
    const struct invocation *call;
    json_int_t               id; /* the thread's */
    struct log_copy          copy;
    struct pass_signals      pass;

    json_int_t log_request, join_request;
    bool       located; /* the first is answered */
    json_t    *log;     /* with this; NULL: an error */
    bool       joined;  /* the second is answered */
    json_t    *thread;  /* with this, the thread as it ended; NULL: an error */
};

/* Prepares FOLLOW, without a thread yet; follow_close() then is fine at any time. */
void follow_open(struct follow *follow, const struct invocation *call);

/* Shows what THREAD (a word) has printed by now; with copy.follow, all until it has ended. */
int follow_show(struct follow *follow, const char *thread);

/*
 * Queues the requests that follow_run() waits for, about the thread ID; 0: about the thread of the start
 * that is queued before them. Then sends all that is queued. Returns as client.h does.
 */
int follow_request(struct follow *follow, json_int_t id);

/* Takes REPLY, if it answers one of these requests. */
void follow_take(struct follow *follow, const struct reply *reply);

/* Copies until the thread has ended, and then what it wrote last. */
int follow_run(struct follow *follow);

/*
 * From now on passes signals on to the thread. Call it before anything that a signal must not
 * interrupt.
 */
int follow_take_signals(struct follow *follow);

void follow_close(struct follow *follow);

#endif
