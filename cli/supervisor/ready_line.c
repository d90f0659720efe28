/* The probe line:REGEX: a line of the output matches. */
#include "cli/supervisor/pattern.h"
#include "cli/supervisor/probe.h"
#include "cli/supervisor/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Lines of the output longer than this are matched in parts. */
#define LINE_SIZE 4096

struct line_probe {
    struct ready    ready;
    int             log; /* the output, read up to `at` */
    off_t           at;
    struct pattern *pattern;
};

static const char *fault(const char *argument)
{
    struct pattern *pattern;
    int             error = pattern_new(argument, &pattern);

    pattern_free(pattern);
    switch (error) {
    case 0:
        return NULL;
    case -E2BIG:
        return "what follows \"line:\" is too large a regular expression";
    case -ENOTSUP:
        return "what follows \"line:\" refers back to what it matched, which is not supported";
    case -ENOMEM:
        return "no memory for what follows \"line:\"";
    default:
        return "what follows \"line:\" is no regular expression";
    }
}

static int open_line(struct ready *ready)
{
    ((struct line_probe *) ready)->log = -1;
    return 0;
}

/* Watches the output from START on. What cannot be watched is looked at now and then. */
static void begin(struct ready *ready, const struct spawn_plan *plan, off_t start)
{
    struct line_probe *probe = (struct line_probe *) ready;
    int                inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    probe->at = start;
    probe->log = open(plan->output, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (pattern_new(ready->argument, &probe->pattern) < 0)
        probe->pattern = NULL; /* without memory it never becomes ready */
    if (inotify >= 0 && inotify_add_watch(inotify, plan->output, IN_MODIFY) < 0) {
        close(inotify);
        inotify = -1;
    }
    ready->poll = (struct pollfd){.fd = inotify, .events = POLLIN};
}

/* Matches the lines in TEXT, whose last byte ends one; returns true at the first that fits. */
static bool match_lines(struct pattern *pattern, const char *text, size_t size)
{
    const char *stop = text + size, *end;

    for (; text < stop; text = end + 1) {
        end = memchr(text, '\n', (size_t) (stop - text));
        if (pattern_matches(pattern, text, (size_t) (end - text)))
            return true;
    }
    return false;
}

/* Reads one piece of the output into TEXT, up to its last newline. Returns its size. */
static size_t read_lines(struct line_probe *probe, char *text)
{
    ssize_t n = pread(probe->log, text, LINE_SIZE, probe->at);
    size_t  size = n > 0 ? (size_t) n : 0;
    char   *end = memrchr(text, '\n', size);

    if (end != NULL)
        size = (size_t) (end - text) + 1;
    else if (size < LINE_SIZE)
        size = 0; /* its rest will come */
    else
        text[size - 1] = '\n';
    probe->at += (off_t) size;
    return size;
}

/*
 * Looks at one piece, and at the next in a moment: a command that writes faster than it is read
 * must not keep the worker from what is raised.
 */
static bool check(struct ready *ready, const struct spawn_plan *plan)
{
    struct line_probe *probe = (struct line_probe *) ready;
    char               events[256];
    char              *text = malloc(LINE_SIZE);
    bool               found = false;
    size_t             size;

    (void) plan;
    ready->next = INFINITY;
    if (ready->poll.fd < 0)
        probe_postpone(ready);
    while (ready->poll.fd >= 0 && read(ready->poll.fd, events, sizeof(events)) > 0)
        ;
    if (text == NULL || probe->pattern == NULL || probe->log < 0) {
        free(text);
        return false;
    }
    size = read_lines(probe, text);
    if (size > 0) {
        found = match_lines(probe->pattern, text, size);
        ready->next = 0;
    }
    free(text);
    return found;
}

static void close_line(struct ready *ready)
{
    struct line_probe *probe = (struct line_probe *) ready;

    if (probe->log >= 0)
        close(probe->log);
    pattern_free(probe->pattern);
}

const struct probe_kind probe_line = {
    .prefix = "line:",
    .size = sizeof(struct line_probe),
    .fault = fault,
    .open = open_line,
    .begin = begin,
    .check = check,
    .close = close_line,
};
