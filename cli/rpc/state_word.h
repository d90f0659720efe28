/* The words of the states of a thread. */
#ifndef K3THREAD_CLI_RPC_STATE_WORD_H
#define K3THREAD_CLI_RPC_STATE_WORD_H

#include "cli/rpc/protocol.h"

#include <jansson.h>
#include <stdbool.h>

/* Returns the word of STATE, which lives for ever. */
const char *state_word(enum protocol_state state);

/*
 * Reads the member "state" of THREAD, an object that describes a thread. Returns false if it is missing or has another
 * word, which a newer supervisor may know.
 */
bool state_read(const json_t *thread, enum protocol_state *ret);

#endif
