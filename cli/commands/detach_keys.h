/*
 * Finds the keys by which a user leaves the terminal of a thread: ^\ d. Passes the other keys, and drops the key that
 * is typed behind ^\ and has no meaning.
 */
#ifndef K3THREAD_CLI_COMMANDS_DETACH_KEYS_H
#define K3THREAD_CLI_COMMANDS_DETACH_KEYS_H

#include "cli/base/text.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * After a first byte that may begin a longer key, the rest is awaited for this many seconds. A terminal sends the bytes
 * of a key at once; Escape is the first of them alone.
 */
#define DETACH_KEYS_PAUSE 0.02

/* No key has more bytes. */
#define DETACH_KEYS_LONGEST 64

/* The keys that were typed and not yet passed on. Zeroed, there are none. */
struct detach_keys {
    bool   has_prefix;                 /* ^\ was typed, and the next key gives it its meaning */
    char   begun[DETACH_KEYS_LONGEST]; /* the first bytes of a key, whose rest may follow */
    size_t size;                       /* of BEGUN */
};

/*
 * Takes SIZE bytes that were typed, and adds the bytes for the program to KEYS. Returns true if the user
 * wants to leave; drops the bytes behind that.
 */
bool detach_keys_take(struct detach_keys *state, const char *typed, size_t size, struct text *keys);

/* Returns true if the rest of a key is awaited. */
bool detach_keys_wait(const struct detach_keys *state);

/*
 * Takes the bytes of the key that has begun as a whole key, because no more have come in time. Adds the bytes for the
 * program to KEYS. Call it only if detach_keys_wait() returns true.
 */
void detach_keys_settle(struct detach_keys *state, struct text *keys);

#endif
