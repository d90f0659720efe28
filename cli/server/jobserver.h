/*
 * The jobserver: gives tokens to the running commands, so that all their jobs together are never more than
 * the slots. A running command counts as one job, which needs no token; each further job needs a token. So
 * the number of slots limits commands and tokens together, and a command may begin only if there is room for
 * one more job: see jobserver_make_room().
 *
 * The supervisor cannot see whether a command waits for a token. It sees only that a command takes a token
 * that it was offered. So it offers each command one token at a time, first to the commands that hold the
 * fewest. While there are fewer free tokens than commands, it withdraws an offer that a command has ignored
 * for a while, and offers the token to another command. The command that ignored the offer gets a new one
 * after a pause. The pause is the longer, the longer the command has taken no token, so that commands which
 * need none cause hardly any work.
 *
 * The server's thread only. The descriptors are in cli/worker/job_tokens.h.
 */
#ifndef K3THREAD_CLI_SERVER_JOBSERVER_H
#define K3THREAD_CLI_SERVER_JOBSERVER_H

#include "cli/base/text.h"

#include <stdbool.h>

/* Begins to serve, before the first thread. Returns 0, or -errno with WHY. */
int jobserver_open(struct text *why);

bool jobserver_is_open(void);

/* Ends the jobserver, if there is one. No command runs any more. */
void jobserver_close(void);

/* Notes the runs that have begun or ended, and takes back the tokens of those that have ended. */
void jobserver_take_runs(void);

/*
 * Returns true if one more command may begin without more jobs than slots. If there is no room, withdraws
 * an offer that no command has taken yet. Always returns true without a jobserver.
 */
bool jobserver_make_room(void);

/* Offers the free tokens. Returns the seconds until the next call is due, or -1 if none is. */
double jobserver_advance(void);

#endif
