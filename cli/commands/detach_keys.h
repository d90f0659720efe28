/* Finds the keys by which a user leaves the terminal of a thread: ^\ d. Any other key passes. */
#ifndef K3THREAD_CLI_COMMANDS_DETACH_KEYS_H
#define K3THREAD_CLI_COMMANDS_DETACH_KEYS_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/* The keys that were typed and not yet passed on. Zeroed, there are none. */
struct detach_keys {
    bool has_prefix; /* ^\ was typed, and the next key gives it its meaning */
};

/*
 * Takes SIZE bytes that were typed, and adds the bytes for the program to KEYS. Returns true if the user
 * wants to leave; drops the bytes behind that.
 */
bool detach_keys_take(struct detach_keys *state, const char *typed, size_t size, struct text *keys);

#endif
