#include "published.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#define NAME_MAX_LENGTH 64

/* clang-format off */
static const k3thread_exctype *const library_types[] = {
    &k3thread_BaseException,
#define X(name, base) &k3thread_##name,
    K3THREAD_EXCEPTION_MAP(X)
#undef X
};
/* clang-format on */

#define LIBRARY_COUNT (sizeof(library_types) / sizeof(library_types[0]))

/*
 * Types are only added, and the count is stored last, so readers need no lock. A thread that adds a type takes the
 * lock.
 */
static pthread_mutex_t         lock = PTHREAD_MUTEX_INITIALIZER;
static const k3thread_exctype *types[K3T_PUBLISHED_MAX];
static atomic_size_t           count;

const k3thread_exctype *k3t_published_at(size_t index)
{
    return index < atomic_load(&count) ? types[index] : NULL;
}

const k3thread_exctype *k3t_published_find(const char *name)
{
    const k3thread_exctype *type;

    for (size_t i = 0; i < LIBRARY_COUNT; i++)
        if (strcmp(library_types[i]->name, name) == 0)
            return library_types[i];
    for (size_t i = 0; (type = k3t_published_at(i)) != NULL; i++)
        if (strcmp(type->name, name) == 0)
            return type;
    return NULL;
}

const k3thread_exctype *k3t_published_base(const k3thread_exctype *type)
{
    do
        type = type->base;
    while (type->base != NULL && k3t_published_find(type->name) != type);
    return type;
}

/* Returns true if NAME has only letters, digits, '_' and '.', and begins with a letter or '_'. */
static bool is_name(const char *name)
{
    size_t length =
        strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.");

    /* strchr() finds the end of an empty name, too. */
    return length <= NAME_MAX_LENGTH && name[length] == '\0' &&
           strchr("0123456789.", name[0]) == NULL;
}

/* Adds TYPE. Returns 0 or -errno. Caller holds the lock. */
static int add(const k3thread_exctype *type)
{
    const k3thread_exctype *known = k3t_published_find(type->name);
    size_t                  place = atomic_load(&count);

    if (known != NULL)
        return known == type ? 0 : -EEXIST;
    if (place == K3T_PUBLISHED_MAX)
        return -ENOSPC;
    types[place] = type;
    atomic_store(&count, place + 1);
    return 0;
}

int k3t_published_add(const k3thread_exctype *type)
{
    int error;

    if (type->name == NULL || !is_name(type->name))
        return K3THREAD_VALUE_ERROR;
    pthread_mutex_lock(&lock);
    error = add(type);
    pthread_mutex_unlock(&lock);
    return error;
}
