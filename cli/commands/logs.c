/* logs: what a command printed, and with -f what it prints until its thread ends. */
#include "cli/command.h"
#include "cli/joining.h"
#include "cli/logfile.h"
#include "cli/output.h"
#include "cli/rpc/bytes.h"
#include "cli/status.h"
#include "cli/view.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct logs_options {
    bool               follow, some_lines;
    unsigned long long lines;
    const char        *thread;
};

static const struct argp_option options[] = {
    {"follow", 'f', NULL, 0, "Go on with what is printed until the thread ends", 0},
    {"lines", 'n', "LINES", 0, "Show only the last LINES lines", 0},
    {0},
};

static error_t parse_lines(struct logs_options *o, const struct argp_state *state,
                           const char *argument)
{
    o->some_lines = true;
    errno = 0;
    o->lines = strtoull(argument, NULL, 10);
    if (argument[0] == '\0' || argument[strspn(argument, "0123456789")] != '\0' || errno != 0)
        return command_refuse(state, "--lines: '%s' is no number of lines", argument);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct logs_options *o = state->input;

    switch (key) {
    case 'f':
        o->follow = true;
        return 0;
    case 'n':
        return parse_lines(o, state, argument);
    case ARGP_KEY_ARG:
        if (o->thread != NULL)
            return ARGP_ERR_UNKNOWN; /* the common parser complains */
        o->thread = argument;
        return 0;
    case ARGP_KEY_END:
        if (o->thread == NULL)
            return command_usage(state, "no thread");
        if (thread_is_pattern(o->thread))
            return command_refuse(state, "'%s' is a pattern; give one name or id", o->thread);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The log of one thread while it is shown. */
struct view {
    const struct call *call;
    char              *path;
    json_int_t         id;
    bool               started, ended; /* the thread, when the supervisor was asked */
    struct logfile     file;
    int                inotify; /* -1: none */
};

static int fail(const struct view *view, const char *what, int error)
{
    return command_fail(view->call, STATUS_FAILED, NULL, "%s: %s", what, strerror(-error));
}

/* Which thread it is, and whether it has begun to print. */
static int ask_for_thread(struct view *view, const char *thread)
{
    struct reply  reply;
    const json_t *newest;

    if (client_call(&view->call->session->client, "list",
                    json_pack("{s:[o]}", "threads", thread_to_json(thread)), &reply) != 0)
        return command_failed(view->call);
    newest = json_array_get(reply.result, json_array_size(reply.result) - 1);
    view->id = view_id(newest);
    view->started = json_is_number(json_object_get(newest, "started"));
    view->ended = json_is_number(json_object_get(newest, "ended"));
    reply_release(&reply);
    return STATUS_DONE;
}

/*
 * Where its output is. The file may be one that others wrote to before (start --output): what is
 * there before the thread has started is not its own.
 */
static int ask_for_log(struct view *view)
{
    struct reply reply;
    int          error;

    if (client_call(&view->call->session->client, "logs",
                    json_pack("{s:I, s:i}", "thread", view->id, "lines", 0), &reply) != 0)
        return command_failed(view->call);
    view->file.position = (off_t) json_integer_value(
        json_object_get(reply.result, view->started ? "offset" : "size"));
    error = bytes_from_json(json_object_get(reply.result, "log"), &view->path);
    reply_release(&reply);
    return error == 0 ? STATUS_DONE : fail(view, "the log's path", error);
}

/* Opens the log; one that a thread will make when it starts may be missing. */
static int open_log(struct view *view)
{
    int error = logfile_open(&view->file, view->path);

    if (error == 0 || (error == -ENOENT && !view->ended))
        return STATUS_DONE;
    if (error == -ENOENT && !view->started)
        return STATUS_DONE; /* it ended before its command ran */
    if (error == -ENOENT)
        return command_fail(view->call, STATUS_FAILED, "FileNotFoundError", "the log %s is gone",
                            view->path);
    if (error == -EINVAL)
        return command_fail(view->call, STATUS_FAILED, NULL, "%s is no regular file", view->path);
    return fail(view, view->path, error);
}

/* Copies up to END (negative: all there is). Whoever closed standard output knows it. */
static int copy(struct view *view, off_t end)
{
    int error = logfile_copy(&view->file, end, STDOUT_FILENO);

    if (error == -EPIPE)
        return STATUS_FAILED;
    return error == 0 ? STATUS_DONE : fail(view, "cannot copy the log", error);
}

/* Prints what is there now, or its last lines. */
static int show(struct view *view, const struct logs_options *o)
{
    off_t end;
    int   error;

    if (view->file.fd < 0)
        return STATUS_DONE;
    error = logfile_size(&view->file, &end);
    if (error == 0 && o->some_lines)
        error = logfile_seek_lines(&view->file, end, o->lines);
    if (error != 0)
        return fail(view, view->path, error);
    return copy(view, end);
}

/* Watches the log, or the directory in which it will be made. Without inotify, see follow(). */
static void watch(struct view *view)
{
    char *slash = strrchr(view->path, '/');

    if (view->inotify < 0)
        view->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (view->inotify < 0 || slash == NULL)
        return;
    if (view->file.fd >= 0) {
        (void) inotify_add_watch(view->inotify, view->path, IN_MODIFY);
        return;
    }
    *slash = '\0';
    (void) inotify_add_watch(view->inotify, slash > view->path ? view->path : "/", IN_CREATE);
    *slash = '/';
}

static void drain_events(const struct view *view)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

    while (view->inotify >= 0 && read(view->inotify, events, sizeof(events)) > 0)
        continue;
}

/* Copies what is new; a file that became shorter begins anew. */
static int catch_up(struct view *view)
{
    off_t size;
    int   error;

    if (view->file.fd < 0) {
        error = logfile_open(&view->file, view->path);
        if (error == -ENOENT)
            return STATUS_DONE;
        if (error != 0)
            return fail(view, view->path, error);
        watch(view);
    }
    error = logfile_size(&view->file, &size);
    if (error != 0)
        return fail(view, view->path, error);
    if (size < view->file.position)
        view->file.position = 0;
    return copy(view, -1);
}

/*
 * Waits for output, for the end of the thread, and for the end of whoever reads ours. Where the
 * system has no inotify to spare, it looks five times a second.
 */
static int wait_for_news(const struct view *view)
{
    struct pollfd pollfds[] = {
        {.fd = view->call->session->client.fd, .events = POLLIN},
        {.fd = view->inotify, .events = POLLIN},
        {.fd = STDOUT_FILENO},
    };

    if (poll(pollfds, 3, view->inotify >= 0 ? -1 : 200) < 0 && errno != EINTR)
        return fail(view, "poll", -errno);
    drain_events(view);
    return pollfds[2].revents & POLLERR ? STATUS_FAILED : STATUS_DONE;
}

/* Has the thread ended? 1, 0, or -errno when the supervisor went away, which ends it too. */
static int has_ended(const struct view *view, json_int_t join)
{
    struct client *client = &view->call->session->client;
    struct reply   reply;
    int            found = client_try_receive(client, &reply);
    bool           is_join = found > 0 && reply.id == join;

    if (found < 0)
        return found;
    if (found > 0)
        reply_release(&reply);
    return is_join;
}

/* Copies until the thread has ended, and then what it wrote last. */
static int follow(struct view *view)
{
    struct client *client = &view->call->session->client;
    json_int_t     join;
    int            ended = 0;
    int            status = STATUS_DONE;

    if (client_send(client, "join", json_pack("{s:I}", "thread", view->id), &join) != 0)
        return command_failed(view->call);
    watch(view);
    for (;;) {
        ended = has_ended(view, join);
        status = catch_up(view);
        if (ended != 0 || status != STATUS_DONE)
            break;
        status = wait_for_news(view);
        if (status != STATUS_DONE)
            break;
    }
    return ended < 0 && status == STATUS_DONE ? command_failed(view->call) : status;
}

static int run(struct call *call)
{
    const struct logs_options *o = call->options;
    struct view                view = {.call = call, .file = {.fd = -1}, .inotify = -1};
    int                        status = ask_for_thread(&view, o->thread);

    if (status == STATUS_DONE)
        status = ask_for_log(&view);
    if (status == STATUS_DONE)
        status = open_log(&view);
    if (status == STATUS_DONE)
        status = show(&view, o);
    if (status == STATUS_DONE && o->follow && !view.ended)
        status = follow(&view);
    logfile_close(&view.file);
    if (view.inotify >= 0)
        close(view.inotify);
    free(view.path);
    return status;
}

const struct command command_logs = {
    .name = "logs",
    .arguments = "THREAD",
    .doc = "Show what a thread's command printed\vTHREAD is a name or an id.",
    .group = COMMAND_GROUP_WATCHING,
    .flags = COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct logs_options),
    .parse = parse,
    .run = run,
};
