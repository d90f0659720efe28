#include "cli/script/unique_names.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#define FIRST_ROOM ((size_t) 64)

/* A taken name. */
struct unique_name {
    uint64_t hash;
    uint64_t last; /* the last number that was added to the name; 0: the place is free */
};

/* FNV-1a */
static uint64_t hash_of(const char *name)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char) *name) * 0x100000001b3U;
    return hash;
}

/* Returns the place of the name with HASH, which is free if the name is. */
static struct unique_name *find(const struct unique_names *names, uint64_t hash)
{
    size_t at = hash & (names->room - 1);

    while (names->table[at].last != 0 && names->table[at].hash != hash)
        at = (at + 1) & (names->room - 1);
    return &names->table[at];
}

/* Takes the free place AT for the name with HASH. There is room for it. */
static void take(struct unique_names *names, struct unique_name *at, uint64_t hash)
{
    *at = (struct unique_name){.hash = hash, .last = 1};
    names->count++;
}

static bool grow(struct unique_names *names)
{
    struct unique_names grown = {.room = names->room > 0 ? 2 * names->room : FIRST_ROOM,
                                 .count = names->count};

    grown.table = calloc(grown.room, sizeof(*grown.table));
    if (grown.table == NULL)
        return false;
    for (size_t i = 0; i < names->room; i++)
        if (names->table[i].last != 0)
            *find(&grown, names->table[i].hash) = names->table[i];
    free(names->table);
    *names = grown;
    return true;
}

/* Appends NAME-NUMBER, with the first number behind that of TAKEN that makes a free name, and takes that name. */
static int add_numbered(struct unique_names *names, struct text *text, const char *name,
                        struct unique_name *taken)
{
    struct unique_name *at;
    size_t              before = text->size;
    uint64_t            hash;

    do {
        text->size = before;
        text_printf(text, "%s-%" PRIu64, name, ++taken->last);
        text_byte(text, '\0', 1);
        if (text->failed)
            return -ENOMEM;
        text->size--;
        hash = hash_of(text->data + before);
        at = find(names, hash);
    } while (at->last != 0);
    take(names, at, hash);
    return 0;
}

int unique_names_add(struct unique_names *names, struct text *text, const char *name)
{
    uint64_t            hash = hash_of(name);
    struct unique_name *at;

    if (names->count >= names->room / 4 * 3 && !grow(names))
        return -ENOMEM;
    at = find(names, hash);
    if (at->last != 0)
        return add_numbered(names, text, name, at);
    text_add(text, name);
    if (text->failed)
        return -ENOMEM;
    take(names, at, hash);
    return 0;
}

void unique_names_release(struct unique_names *names)
{
    free(names->table);
    *names = (struct unique_names){0};
}
