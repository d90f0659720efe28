#include "cli/worker/environment.h"

#include "cli/base/variable.h"
#include "cli/base/variables.h"
#include "cli/worker/slot_numbers.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One block: the variables and the limits that one or more threads share. */
struct environment {
    atomic_uint   references;
    struct limits limits;
    size_t        count, size; /* of the strings; the bytes of all of them */
    char         *strings[];   /* their bytes come behind */
};

static const char *supervisor_socket;

static const char *path_end; /* a directory for the end of PATH; NULL: none */
static const char  path_name[] = "PATH=";

/* The newest block. The clients of one shell send the same environment one after the other, and so share it. */
static struct environment *newest;

/*
 * The variables that a command gets from the supervisor, and not from its client. Only MAKEFLAGS may also come from the
 * client: the supervisor's then takes its place.
 */
#define VARIABLES(X)                                                                               \
    OWN_VARIABLES(X)                                                                               \
    X(NOTIFY, "NOTIFY_SOCKET")                                                                     \
    X(MAKEFLAGS, "MAKEFLAGS")

enum own {
#define X(name, word) OWN_##name,
    VARIABLES(X)
#undef X
};

static const char *const own_names[] = {
#define X(name, word) word "=",
    VARIABLES(X)
#undef X
};

#define OWN_COUNT (sizeof(own_names) / sizeof(own_names[0]))

/* Names a machine for k3thread itself. A command does not get it, so a k3thread that it runs stays on its machine. */
static const char host_name[] = "K3THREAD_HOST=";

void environment_set_socket(const char *socket)
{
    supervisor_socket = socket;
}

void environment_set_path_end(const char *directory)
{
    path_end = directory;
}

/* Returns true if STRING is a PATH to which a directory is appended. */
static bool gets_path_end(const char *string)
{
    return path_end != NULL && strncmp(string, path_name, strlen(path_name)) == 0;
}

/* Returns true if a command never gets STRING from its client. */
static bool is_own(const char *string)
{
    for (size_t i = 0; i < OWN_COUNT; i++)
        if (i != OWN_MAKEFLAGS && strncmp(string, own_names[i], strlen(own_names[i])) == 0)
            return true;
    return strncmp(string, host_name, strlen(host_name)) == 0;
}

static bool has_same_limits(const struct limits *a, const struct limits *b)
{
    return a->nice == b->nice && memcmp(a->of, b->of, sizeof(a->of)) == 0 &&
           scheduling_is_same(&a->scheduling, &b->scheduling);
}

static bool is_same(const struct environment *a, const struct environment *b)
{
    if (a->size != b->size || !has_same_limits(&a->limits, &b->limits))
        return false;
    return a->count == 0 || memcmp(a->strings[0], b->strings[0], a->size) == 0;
}

/* If MADE is the same as the newest block, drops MADE and returns the newest block. Otherwise returns MADE. */
static struct environment *share(struct environment *made)
{
    if (newest == NULL || !is_same(newest, made)) {
        environment_unref(newest);
        newest = environment_ref(made);
        return made;
    }
    environment_unref(made);
    return environment_ref(newest);
}

struct environment *environment_new(char *const *strings, const struct limits *limits)
{
    size_t              count = 0, size = 0;
    struct environment *environment;
    char               *bytes;

    for (; strings[count] != NULL; count++)
        size +=
            strlen(strings[count]) + 1 + (gets_path_end(strings[count]) ? strlen(path_end) + 1 : 0);
    environment = malloc(sizeof(*environment) + count * sizeof(char *) + size);
    if (environment == NULL)
        return NULL;
    atomic_init(&environment->references, 1);
    environment->limits = *limits;
    environment->count = 0;
    bytes = (char *) (environment->strings + count);
    for (; *strings != NULL; strings++) {
        if (is_own(*strings))
            continue;
        environment->strings[environment->count++] = bytes;
        bytes = stpcpy(bytes, *strings);
        if (gets_path_end(*strings))
            bytes = stpcpy(stpcpy(bytes, ":"), path_end);
        bytes++;
    }
    environment->size = environment->count > 0 ? (size_t) (bytes - environment->strings[0]) : 0;
    return share(environment);
}

struct environment *environment_new_with(const struct environment *base, char *const *strings)
{
    struct variables              added = {.list = (char **) strings};
    const struct variables *const lists[] = {&added};
    char                        **own = environment_strings(base);
    char                        **merged;
    struct environment           *made;

    while (strings[added.count] != NULL)
        added.count++;
    merged = own != NULL ? variables_merge(own, lists, 1) : NULL;
    made = merged != NULL ? environment_new(merged, &base->limits) : NULL;
    free(merged);
    free(own);
    return made;
}

const struct limits *environment_limits(const struct environment *environment)
{
    return &environment->limits;
}

const char *environment_value(const struct environment *environment, const char *name)
{
    for (size_t i = 0; i < environment->count; i++) {
        const char *value = variable_value(environment->strings[i], name, strlen(name));

        if (value != NULL)
            return value;
    }
    return NULL;
}

char **environment_strings(const struct environment *environment)
{
    char **list = malloc((environment->count + 1) * sizeof(*list));

    if (list == NULL)
        return NULL;
    memcpy(list, environment->strings, environment->count * sizeof(*list));
    list[environment->count] = NULL;
    return list;
}

struct environment *environment_ref(struct environment *environment)
{
    if (environment != NULL)
        atomic_fetch_add_explicit(&environment->references, 1, memory_order_relaxed);
    return environment;
}

void environment_unref(struct environment *environment)
{
    if (environment != NULL &&
        atomic_fetch_sub_explicit(&environment->references, 1, memory_order_acq_rel) == 1)
        free(environment);
}

/* Copies the client's variables into LIST, without MAKEFLAGS if OWN has a MAKEFLAGS. Returns their number. */
static size_t copy_strings(char **list, const struct environment *environment,
                           const struct own_variables *own)
{
    size_t count = 0;

    for (size_t i = 0; i < environment->count; i++)
        if (own->makeflags == NULL || strncmp(environment->strings[i], own_names[OWN_MAKEFLAGS],
                                              strlen(own_names[OWN_MAKEFLAGS])) != 0)
            list[count++] = environment->strings[i];
    return count;
}

char **environment_list(const struct environment *environment, const struct own_variables *own)
{
    char              id[24], slot[16];
    const char *const values[OWN_COUNT] = {
        [OWN_ID] = id,
        [OWN_NAME] = own->name,
        [OWN_SOCKET] = supervisor_socket,
        [OWN_SLOT] = own->slot != SLOT_NUMBER_NONE ? slot : NULL,
        [OWN_HOSTNAME] = own->host,
        [OWN_NOTIFY] = own->notify,
        [OWN_MAKEFLAGS] = own->makeflags,
    };
    size_t count = environment->count;
    size_t size = (count + OWN_COUNT + 1) * sizeof(char *);
    char **list;
    char  *bytes;

    (void) snprintf(id, sizeof(id), "%" PRIu64, own->id);
    (void) snprintf(slot, sizeof(slot), "%d", own->slot);
    for (size_t i = 0; i < OWN_COUNT; i++)
        size += values[i] != NULL ? strlen(own_names[i]) + strlen(values[i]) + 1 : 0;
    list = malloc(size);
    if (list == NULL)
        return NULL;
    bytes = (char *) (list + count + OWN_COUNT + 1);
    count = copy_strings(list, environment, own);
    for (size_t i = 0; i < OWN_COUNT; i++) {
        if (values[i] == NULL)
            continue;
        list[count++] = bytes;
        bytes = stpcpy(stpcpy(bytes, own_names[i]), values[i]) + 1;
    }
    list[count] = NULL;
    return list;
}
