/* The probe FD, which holds when the command has written a line to a descriptor that it gets. */
#include "cli/base/number.h"
#include "cli/process/spawn.h"
#include "cli/ready/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* One probe of this kind. */
struct fd_probe {
    struct ready ready;
    int          write_end; /* for the spawn; -1 after it */
};

static struct fd_probe *probe_of(struct ready *ready)
{
    return (struct fd_probe *) ready;
}

/* Returns the descriptor's number, or -1 if ARGUMENT is not a number that a command can get. */
static int number_of(const char *argument)
{
    uint64_t number;

    return number_parse(argument, PROBE_FD_LEAST, PROBE_FD_MOST, &number) ? (int) number : -1;
}

static bool is_valid(const char *argument, struct text *why)
{
    if (number_of(argument) >= 0)
        return true;
#define X(kind, prefix, syntax) ", " syntax
    text_printf(why, "it is none of " PROBE_FD " (%d to %d)" PROBE_KINDS(X), PROBE_FD_LEAST,
                PROBE_FD_MOST);
#undef X
    return false;
}

static int open_fd(struct ready *ready)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    (void) fcntl(ends[0], F_SETFL, O_NONBLOCK); /* cannot fail for a pipe */
    ready->poll = (struct pollfd){.fd = ends[0], .events = POLLIN};
    probe_of(ready)->write_end = ends[1];
    return 0;
}

static void extend(const struct ready *ready, struct spawn_plan *plan)
{
    plan->extras[plan->extra_count++] = (struct spawn_descriptor){
        .from = ((const struct fd_probe *) ready)->write_end,
        .to = number_of(ready->argument),
    };
}

static void close_write_end(struct ready *ready)
{
    struct fd_probe *probe = probe_of(ready);

    if (probe->write_end >= 0)
        close(probe->write_end);
    probe->write_end = -1;
}

static void begin(struct ready *ready, const struct spawn_plan *plan, off_t start)
{
    (void) plan;
    (void) start;
    close_write_end(ready);
}

static bool check(struct ready *ready, const struct spawn_plan *plan)
{
    char    text[1024];
    ssize_t n = read(ready->poll.fd, text, sizeof(text));

    (void) plan;
    if (n == 0)
        probe_unpoll(ready); /* closed without a line: the probe will never hold */
    return n > 0 && memchr(text, '\n', (size_t) n) != NULL;
}

const struct probe_kind probe_fd = {
    .size = sizeof(struct fd_probe),
    .may_be_empty = true, /* is_valid() has the better message */
    .is_valid = is_valid,
    .open = open_fd,
    .extend = extend,
    .begin = begin,
    .check = check,
    .close = close_write_end,
};
