/*
 * The probe line:REGEX, which holds when a line of the output matches. logfile.h reads the output, which may be
 * emptied, kept small, or moved all the while.
 */
#include "cli/base/clock.h"
#include "cli/base/file_watch.h"
#include "cli/place/logfile.h"
#include "cli/process/spawn.h"
#include "cli/ready/probe.h"
#include "cli/ready/regex.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Lines of the output longer than this are matched in parts. */
#define LINE_SIZE 4096

/* One probe of this kind. */
struct line_probe {
    struct ready      ready;
    struct logfile    log;
    struct file_watch watch;
    struct regex     *regex;
    bool              is_last; /* the command has ended: nothing is added to the output */
};

static bool is_valid(const char *argument, struct text *why)
{
    struct regex *regex;
    int           error = regex_new(argument, &regex);

    regex_free(regex);
    switch (error) {
    case 0:
        return true;
    case -E2BIG:
        text_add(why, "the regular expression after \"line:\" is too large");
        return false;
    case -ENOTSUP:
        text_add(why, "back references after \"line:\" are not supported");
        return false;
    case -ENOMEM:
        text_add(why, "no memory for the regular expression after \"line:\"");
        return false;
    default:
        text_add(why, "the text after \"line:\" is no regular expression");
        return false;
    }
}

static int open_line(struct ready *ready)
{
    struct line_probe *probe = (struct line_probe *) ready;

    probe->log.file.fd = -1;
    probe->watch = (struct file_watch){.fd = -1, .key = -1};
    return 0;
}

/* Rules out a pipe, which cannot be read beside its reader, and /dev/null. */
static int rule_out(const struct ready *ready, const struct spawn_plan *plan, const char *option,
                    struct text *why)
{
    struct stat info;

    if (stat(plan->output, &info) < 0 || S_ISREG(info.st_mode))
        return 0;
    text_printf(why, "%s %s reads the output, and '%s' is no regular file", option, ready->spec,
                plan->output);
    return -EINVAL;
}

static void begin(struct ready *ready, const struct spawn_plan *plan, off_t start)
{
    struct line_probe *probe = (struct line_probe *) ready;

    probe->log.path = plan->output;
    probe->log.position = start;
    file_watch_open(&probe->watch);
    (void) regex_new(ready->argument, &probe->regex); /* without memory it never becomes ready */
}

/* Returns true if LINE matches, with or without the carriage return that a terminal writes behind it. */
static bool match_line(struct regex *regex, const char *line, size_t length)
{
    return regex_matches(regex, line, length) ||
           (length > 0 && line[length - 1] == '\r' && regex_matches(regex, line, length - 1));
}

/* Returns true if one of the lines in TEXT matches. The last byte of TEXT ends a line. */
static bool match_lines(struct regex *regex, const char *text, size_t size)
{
    const char *stop = text + size, *end;

    for (; text < stop; text = end + 1) {
        end = memchr(text, '\n', (size_t) (stop - text));
        if (match_line(regex, text, (size_t) (end - text)))
            return true;
    }
    return false;
}

/*
 * Reads one piece of the output into TEXT, up to its last newline. Returns its size. TEXT has one byte more
 * than LINE_SIZE: the last line of a command that has ended may lack its newline.
 */
static size_t read_lines(struct line_probe *probe, char *text)
{
    ssize_t n = logfile_read(&probe->log, text, LINE_SIZE);
    size_t  size = n > 0 ? (size_t) n : 0;
    char   *end = memrchr(text, '\n', size);

    if (end != NULL)
        size = (size_t) (end - text) + 1;
    else if (size > 0 && size < LINE_SIZE && probe->is_last)
        text[n++, size++] = '\n';
    else if (size < LINE_SIZE)
        size = 0; /* the rest of the line will come */
    else
        text[size - 1] = '\n';
    if (n > 0)
        probe->log.position -= n - (ssize_t) size;
    return size;
}

static bool is_open(struct line_probe *probe)
{
    struct logfile *log = &probe->log;

    return log->file.fd >= 0 || logfile_open(log, log->path, log->position) == 0;
}

/* Arms the watch before the look, so that no write is missed. Without a watch, looks by time. */
static void listen(struct line_probe *probe)
{
    bool watched = is_open(probe) && file_watch_arm(&probe->watch, probe->log.file.fd);

    probe->ready.poll = (struct pollfd){.fd = watched ? probe->watch.fd : -1, .events = POLLIN};
    probe->ready.next = watched ? INFINITY : clock_monotonic() + FILE_WATCH_PAUSE;
}

/*
 * Looks at one piece of the output, and at the next piece in a moment: a command that writes faster than the probe
 * reads must not keep the worker from its exceptions.
 */
static bool check(struct ready *ready, const struct spawn_plan *plan)
{
    struct line_probe *probe = (struct line_probe *) ready;
    char              *text = malloc(LINE_SIZE + 1);
    bool               found = false;
    size_t             size = 0;

    (void) plan;
    listen(probe);
    if (text != NULL && probe->regex != NULL && probe->log.file.fd >= 0) {
        size = read_lines(probe, text);
        if (size > 0) {
            found = match_lines(probe->regex, text, size);
            ready->next = 0;
        }
    }
    free(text);
    ready->has_tried |= size == 0;
    ready->is_over = probe->is_last && size == 0;
    return found;
}

static off_t position(const struct ready *ready)
{
    return ((const struct line_probe *) ready)->log.position;
}

/* Makes check() look at the rest of the output, also where the file was moved or emptied. */
static void finish(struct ready *ready)
{
    ((struct line_probe *) ready)->is_last = true;
    ready->next = 0;
}

static void close_line(struct ready *ready)
{
    struct line_probe *probe = (struct line_probe *) ready;

    logfile_close(&probe->log);
    file_watch_close(&probe->watch);
    regex_free(probe->regex);
}

const struct probe_kind probe_line = {
    .size = sizeof(struct line_probe),
    .reads_log = true,
    .is_valid = is_valid,
    .open = open_line,
    .rule_out = rule_out,
    .begin = begin,
    .check = check,
    .position = position,
    .finish = finish,
    .owns_poll = true,
    .close = close_line,
};
