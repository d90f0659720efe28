#include "cli/ready/ready.h"

#include "cli/base/clock.h"
#include "cli/ready/peer_process.h"
#include "cli/ready/probe.h"
#include "k3thread.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The seconds that another process has to answer before the command runs. */
#define STRANGER_LIMIT 1.0

bool ready_is_valid(const char *spec, struct text *why)
{
    const char              *argument;
    const struct probe_kind *kind = probe_kind_of(spec, &argument);

    if (!kind->may_be_empty && argument[0] == '\0') {
        text_add(why, "its argument is missing");
        return false;
    }
    return kind->is_valid == NULL || kind->is_valid(argument, why);
}

bool ready_is_valid_later(const char *spec, struct text *why)
{
    const char              *argument;
    const struct probe_kind *kind = probe_kind_of(spec, &argument);
#define X(name, prefix, syntax) ", " syntax
    static const char later[] = PROBE_KINDS_LATER(X);
#undef X
    struct text ignored = {0};
    bool        is_valid;

    if (probe_kind_is_later(kind))
        return ready_is_valid(spec, why);
    is_valid = ready_is_valid(spec, &ignored);
    text_release(&ignored);
    if (is_valid)
        text_add(why, "a command gets it only when it starts: use start --ready");
    else
        text_printf(why, "it is none of %s", later + strlen(", "));
    return false;
}

bool ready_outlives_command(const char *spec)
{
    const char *argument;

    return probe_kind_of(spec, &argument)->finish != NULL;
}

bool ready_reads_log(const char *spec)
{
    const char *argument;

    return probe_kind_of(spec, &argument)->reads_log;
}

int ready_open(const char *spec, struct ready **ret)
{
    const char              *argument;
    const struct probe_kind *kind = probe_kind_of(spec, &argument);
    struct ready            *ready = calloc(1, kind->size);
    int                      error;

    if (ready == NULL)
        return -ENOMEM;
    *ready = (struct ready){
        .kind = kind, .spec = spec, .argument = argument, .poll.fd = -1, .next = INFINITY};
    error = kind->open != NULL ? kind->open(ready) : 0;
    if (error != 0)
        free(ready);
    else
        *ret = ready;
    return error;
}

/* Makes one try. Returns 1 if a process answers, 0 if none does within the limit, or -ECANCELED. */
static int try_once(struct ready *ready, const struct spawn_plan *plan)
{
    double end = clock_monotonic() + STRANGER_LIMIT;

    while (!ready->kind->check(ready, plan)) {
        int n = ready->poll.fd >= 0 ? k3thread_poll(&ready->poll, 1, clock_until(end)) : 0;

        if (n <= 0)
            return n;
    }
    return 1;
}

int ready_rule_out(struct ready *ready, const struct spawn_plan *plan, struct text *why)
{
    int n;

    if (ready->kind->rule_out != NULL)
        return ready->kind->rule_out(ready, plan, "--ready", why);
    if (!ready->kind->is_shared)
        return 0;
    n = try_once(ready, plan);
    if (n > 0) {
        text_printf(why, "%s is answered before the command runs: ", ready->spec);
        peer_process_describe(ready->poll.fd, why);
    }
    probe_unpoll(ready);
    ready->turn = 0; /* the next try begins with the first address, however this one has ended */
    return n > 0 ? -EADDRINUSE : n;
}

int ready_rule_out_later(const struct ready *ready, const struct spawn_plan *plan,
                         const char *option, struct text *why)
{
    return ready->kind->rule_out != NULL ? ready->kind->rule_out(ready, plan, option, why) : 0;
}

void ready_extend(const struct ready *ready, struct spawn_plan *plan)
{
    if (ready->kind->extend != NULL)
        ready->kind->extend(ready, plan);
}

void ready_begin(struct ready *ready, const struct spawn_plan *plan, off_t start)
{
    ready->pause = PROBE_FIRST_PAUSE;
    ready->next = ready->poll.fd < 0 ? 0 : INFINITY;
    if (ready->kind->begin != NULL)
        ready->kind->begin(ready, plan, start);
}

struct pollfd ready_poll(const struct ready *ready)
{
    return ready->poll;
}

double ready_next(const struct ready *ready)
{
    return ready->next;
}

bool ready_check(struct ready *ready, const struct spawn_plan *plan)
{
    return ready->kind->check(ready, plan);
}

bool ready_has_tried(const struct ready *ready)
{
    return ready->has_tried;
}

void ready_finish(struct ready *ready)
{
    if (ready->kind->finish != NULL)
        ready->kind->finish(ready);
    else
        ready->is_over = true;
}

bool ready_is_over(const struct ready *ready)
{
    return ready->is_over;
}

off_t ready_position(const struct ready *ready)
{
    return ready->kind->position != NULL ? ready->kind->position(ready) : -1;
}

bool ready_lasts(const struct ready *ready)
{
    return ready->kind->lasts;
}

char *ready_take_status(struct ready *ready)
{
    char *status = ready->status;

    ready->status = NULL;
    return status;
}

bool ready_is_stopping(const struct ready *ready)
{
    return ready->is_stopping;
}

void ready_close(struct ready *ready)
{
    if (ready == NULL)
        return;
    if (ready->kind->close != NULL)
        ready->kind->close(ready);
    if (!ready->kind->owns_poll)
        probe_unpoll(ready);
    free(ready->status);
    free(ready);
}

const char *ready_notify_socket(const struct ready *ready)
{
    return ready != NULL && ready->kind->notify_socket != NULL ? ready->kind->notify_socket(ready)
                                                               : NULL;
}
