#include "cli/commands/detach_keys.h"

#include <string.h>

#define PREFIX '\034'

/* The bytes that a terminal sends for ^\ to a program that has asked for keys with modifiers. */
static const char *const long_prefixes[] = {"\033[27;5;92~", "\033[92;5u"};

/* Returns the number of bytes of the prefix key at TYPED, or 0. */
static size_t prefix_size(const char *typed, size_t size)
{
    if (typed[0] == PREFIX)
        return 1;
    for (size_t i = 0; i < sizeof(long_prefixes) / sizeof(long_prefixes[0]); i++) {
        size_t length = strlen(long_prefixes[i]);

        if (size >= length && memcmp(typed, long_prefixes[i], length) == 0)
            return length;
    }
    return 0;
}

bool detach_keys_take(struct detach_keys *state, const char *typed, size_t size, struct text *keys)
{
    while (size > 0) {
        size_t prefix = prefix_size(typed, size);
        size_t taken = prefix > 0 ? prefix : 1;

        if (state->has_prefix && (*typed == 'd' || *typed == 'D'))
            return true;
        if (state->has_prefix == (prefix > 0)) /* a key, or the prefix twice */
            text_append(keys, typed, taken);
        state->has_prefix = !state->has_prefix && prefix > 0; /* ^\ and another key: neither */
        typed += taken;
        size -= taken;
    }
    return false;
}
