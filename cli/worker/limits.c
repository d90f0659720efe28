#include "cli/worker/limits.h"

#include "cli/place/journal.h"
#include "cli/rpc/write.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct {
    __rlimit_resource_t resource;
    const char         *name;
} table[] = {
#define X(resource, name) {RLIMIT_##resource, name},
    LIMITS(X)
#undef X
};

static struct limits started; /* what this process was started with */
static struct limits own;     /* what it has since */

/* More descriptors than this nobody may have, by default. */
#define NOFILE_MOST ((rlim_t) 1 << 20)

/* Those that can hurt a supervisor: not the size of its core file, nor what it never asks for. */
static bool hurts(enum limit limit)
{
    switch (limit) {
    case LIMIT_CPU:
    case LIMIT_FSIZE:
    case LIMIT_DATA:
    case LIMIT_STACK:
    case LIMIT_NPROC:
    case LIMIT_NOFILE:
    case LIMIT_AS:
    case LIMIT_SIGPENDING:
        return true;
    default:
        return false;
    }
}

/* Only a privileged process may raise a hard limit; any may raise the other to it. */
static void raise_limit(enum limit limit)
{
    rlim_t        most = limit == LIMIT_NOFILE ? NOFILE_MOST : RLIM_INFINITY;
    struct rlimit raised = own.of[limit];

    if (raised.rlim_max < most)
        raised.rlim_max = most;
    raised.rlim_cur = raised.rlim_max;
    if (setrlimit(table[limit].resource, &raised) < 0) {
        if (limit == LIMIT_CPU)
            journal_write(
                "this supervisor will be killed when it has used %llu s of processor time, "
                "the hard limit of its starter",
                (unsigned long long) own.of[limit].rlim_max);
        raised.rlim_cur = raised.rlim_max = own.of[limit].rlim_max;
        if (setrlimit(table[limit].resource, &raised) < 0)
            return;
    }
    own.of[limit] = raised;
}

void limits_open(void)
{
    for (int i = 0; i < LIMITS_COUNT; i++)
        (void) getrlimit(table[i].resource, &started.of[i]);
    started.nice = getpriority(PRIO_PROCESS, 0);
    own = started;
    for (int i = 0; i < LIMITS_COUNT; i++)
        if (hurts((enum limit) i))
            raise_limit((enum limit) i);
}

static bool parse_number(const json_t *number, rlim_t *ret)
{
    json_int_t value = json_integer_value(number);

    *ret = value < 0 ? RLIM_INFINITY : (rlim_t) value;
    return json_is_integer(number) && value >= -1;
}

/* A pair of the soft and the hard limit. */
static bool parse_limit(const json_t *pair, struct rlimit *ret)
{
    return json_array_size(pair) == 2 && parse_number(json_array_get(pair, 0), &ret->rlim_cur) &&
           parse_number(json_array_get(pair, 1), &ret->rlim_max) && ret->rlim_cur <= ret->rlim_max;
}

static int find(const char *name)
{
    for (int i = 0; i < LIMITS_COUNT; i++)
        if (strcmp(table[i].name, name) == 0)
            return i;
    return -1;
}

bool limits_parse(struct call *call, const json_t *limits, const json_t *nice, struct limits *ret)
{
    const char *name;
    json_t     *pair;

    *ret = started;
    if (limits != NULL && !json_is_object(limits))
        return call_fail(call, PROTOCOL_TYPE_ERROR, "\"limits\" must be an object");
    json_object_foreach((json_t *) limits, name, pair) {
        int i = find(name);

        if (i < 0)
            return call_fail(call, PROTOCOL_VALUE_ERROR, "there is no limit '%.64s'", name);
        if (!parse_limit(pair, &ret->of[i]))
            return call_fail(call, PROTOCOL_VALUE_ERROR,
                             "the limit '%s' must be a list of two whole numbers, the first not "
                             "above the second; -1 is none",
                             name);
    }
    if (nice == NULL)
        return true;
    ret->nice = (int) json_integer_value(nice);
    if (json_is_integer(nice) && json_integer_value(nice) >= -20 && json_integer_value(nice) <= 19)
        return true;
    return call_fail(call, PROTOCOL_VALUE_ERROR, "\"nice\" must be a whole number from -20 to 19");
}

/* Returns false if the limit had to be lower: the hard limit of this process is. */
static bool apply(enum limit limit, const struct rlimit *wanted)
{
    const struct rlimit *ours = &own.of[limit];
    struct rlimit        nearest = *ours;

    if ((wanted->rlim_cur == ours->rlim_cur && wanted->rlim_max == ours->rlim_max) ||
        setrlimit(table[limit].resource, wanted) == 0)
        return true;
    if (wanted->rlim_cur < nearest.rlim_cur)
        nearest.rlim_cur = wanted->rlim_cur;
    (void) setrlimit(table[limit].resource, &nearest);
    return false;
}

unsigned limits_apply(const struct limits *limits)
{
    unsigned missed = 0;

    for (int i = 0; i < LIMITS_COUNT; i++)
        if (!apply((enum limit) i, &limits->of[i]))
            missed |= 1U << i;
    if (limits->nice != own.nice && setpriority(PRIO_PROCESS, 0, limits->nice) < 0)
        missed |= LIMITS_NICENESS;
    return missed;
}

void limits_explain(int error, char ret[LIMITS_WORDS])
{
    bool          files = error == EMFILE;
    bool          tasks = error == EAGAIN && getuid() != 0; /* root's are not counted */
    struct rlimit limit = {.rlim_cur = RLIM_INFINITY};

    ret[0] = '\0';
    if (files || tasks)
        (void) getrlimit(files ? RLIMIT_NOFILE : RLIMIT_NPROC, &limit);
    if (limit.rlim_cur == RLIM_INFINITY)
        return;
    (void) snprintf(ret, LIMITS_WORDS,
                    "; the supervisor's own limit is %llu %s: shut it down and start it again "
                    "under a higher 'ulimit -%c'",
                    (unsigned long long) limit.rlim_cur,
                    files ? "open files" : "processes and threads of its user", files ? 'n' : 'u');
}

void limits_write_names(struct text *text, unsigned bits)
{
    text_byte(text, '[', 1);
    for (int i = 0; i <= LIMITS_COUNT; i++) {
        const char *name = i < LIMITS_COUNT ? table[i].name : "niceness";

        if ((bits & 1U << i) == 0)
            continue;
        write_comma(text);
        write_text(text, name, strlen(name));
    }
    text_byte(text, ']', 1);
}
