#include "cli/commands/detach_keys.h"

#include <string.h>

#define ESCAPE '\033'

/* The bytes of ^\. A terminal sends the long ones to a program that has asked for keys with modifiers. */
static const char *const prefixes[] = {"\034", "\033[27;5;92~", "\033[92;5u"};

/* How much of a prefix the bytes are that were typed. */
enum match { MATCH_NONE, MATCH_BEGUN, MATCH_WHOLE };

static enum match match_prefix(const char *typed, size_t size)
{
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
        size_t length = strlen(prefixes[i]);

        if (size <= length && memcmp(prefixes[i], typed, size) == 0)
            return size == length ? MATCH_WHOLE : MATCH_BEGUN;
    }
    return MATCH_NONE;
}

/* The functions below return the size of the key at TYPED; 0 if bytes of it may follow. SIZE is at least 1. */

/* Takes a character of UTF-8. */
static size_t character_size(const char *typed, size_t size)
{
    unsigned char first = (unsigned char) typed[0];
    size_t        length = first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    for (size_t i = 1; i < length && first < 0xf5; i++) {
        if (i == size)
            return 0;
        if (((unsigned char) typed[i] & 0xc0) != 0x80)
            return i; /* malformed */
    }
    return first < 0xf5 ? length : 1;
}

/*
 * Takes what follows an ESC: "[", parameters and a final byte, "O" likewise, or the key that Alt modifies. A click of
 * the mouse may be "[M" and three bytes.
 */
static size_t escaped_size(const char *typed, size_t size)
{
    size_t i = 1;

    if (typed[0] != '[' && typed[0] != 'O')
        return character_size(typed, size);
    if (size > 1 && typed[0] == '[' && typed[1] == 'M')
        return size < 5 ? 0 : 5;
    if (typed[0] == '[' && size > 1 && typed[1] == '[')
        i = 2; /* a function key of Linux' console */
    while (i < size && typed[i] >= 0x20 && typed[i] < 0x40)
        i++;
    if (i == size)
        return 0;
    return typed[i] >= 0x40 && typed[i] < 0x7f ? i + 1 : 1;
}

static size_t key_size(const char *typed, size_t size)
{
    size_t escapes = 0, rest;

    if (typed[0] != ESCAPE)
        return character_size(typed, size);
    while (escapes < size && escapes < 2 && typed[escapes] == ESCAPE)
        escapes++; /* the first of two is Alt, which modifies a key with an ESC of its own */
    if (escapes == size)
        return 0;
    rest = escaped_size(typed + escapes, size - escapes);
    return rest > 0 ? escapes + rest : 0;
}

/* Drops SIZE bytes of the key that has begun. */
static void drop(struct detach_keys *state, size_t size)
{
    state->size -= size;
    memmove(state->begun, state->begun + size, state->size);
}

static void pass(struct detach_keys *state, size_t size, struct text *keys)
{
    text_append(keys, state->begun, size);
    drop(state, size);
}

/*
 * Takes the bytes that have come as the key behind ^\, which is dropped unless it has a meaning. Returns false if its
 * rest must come first.
 */
static bool take_second_key(struct detach_keys *state, struct text *keys, bool *ret_leaves)
{
    size_t size = key_size(state->begun, state->size);

    if (size == 0 && state->size < sizeof(state->begun))
        return false;
    *ret_leaves = state->begun[0] == 'd' || state->begun[0] == 'D';
    state->has_prefix = false;
    if (match_prefix(state->begun, state->size) == MATCH_WHOLE)
        pass(state, state->size, keys);
    else
        drop(state, size > 0 ? size : state->size);
    return true;
}

/* Takes the bytes that have come while no ^\ precedes them. Returns false if it must see more. */
static bool take_first_key(struct detach_keys *state, struct text *keys)
{
    enum match match = match_prefix(state->begun, state->size);

    if (match == MATCH_BEGUN)
        return false;
    state->has_prefix = match == MATCH_WHOLE;
    if (state->has_prefix)
        state->size = 0;
    else
        pass(state, 1, keys);
    return true;
}

bool detach_keys_take(struct detach_keys *state, const char *typed, size_t size, struct text *keys)
{
    bool leaves = false;

    for (size_t i = 0; i < size; i++) {
        bool is_taken = true;

        state->begun[state->size++] = typed[i];
        while (is_taken && state->size > 0 && !leaves)
            is_taken = state->has_prefix ? take_second_key(state, keys, &leaves)
                                         : take_first_key(state, keys);
        if (leaves)
            return true;
    }
    return false;
}

bool detach_keys_wait(const struct detach_keys *state)
{
    return state->size > 0;
}

void detach_keys_settle(struct detach_keys *state, struct text *keys)
{
    if (!state->has_prefix)
        text_append(keys, state->begun, state->size);
    state->has_prefix = false;
    state->size = 0;
}
