/*
 * The jobserver: gives tokens to the commands that run, so that all their jobs together are never more
 * than there are slots. A command that runs counts as one job, which needs no token; each further job
 * needs one. A slot is taken only when that is one job more: see jobserver_make_room().
 *
 * Whether a command waits for a token cannot be seen. It is only seen that it takes one that it is offered.
 * So each command is offered one token at a time: first the commands that have fewest. While there
 * are fewer free tokens than commands, an offer that is not taken for a while goes to another command.
 * A command that left its offer is offered a token again after a pause, which grows with the time in which
 * it took none: the quiet cost next to nothing.
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

/* Takes the runs that have begun or ended. The tokens of one that has ended come back. */
void jobserver_take_runs(void);

/*
 * Returns true if one more command may begin, without more jobs than slots: takes back a token that no
 * command has taken yet, if need be. Always true without a jobserver.
 */
bool jobserver_make_room(void);

/* Offers the free tokens. Returns the seconds until it must be called again, or -1. */
double jobserver_advance(void);

#endif
