/* The words for a raise that has failed. */
#ifndef K3THREAD_CLI_SERVER_RAISE_FAILURE_H
#define K3THREAD_CLI_SERVER_RAISE_FAILURE_H

#include "cli/server/call.h"

/* Puts a sentence about ERROR, the result of threads_raise(), into WHY. Returns the error's code in the protocol. */
enum protocol_error raise_failure_word(const struct record *record, int error, struct text *why);

/* Fails CALL because of the result ERROR of threads_raise(), which is not InvalidThreadIdError. */
void raise_failure_reply(struct call *call, const struct record *record, int error);

#endif
