#include "cli/following.h"

#include "cli/joining.h"
#include "cli/rpc/bytes.h"
#include "cli/status.h"
#include "cli/view.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static int fail(const struct following *following, const char *what, int error)
{
    return command_fail(following->call, STATUS_FAILED, NULL, "%s: %s", what, strerror(-error));
}

/* Which thread it is, and whether it has begun to print. */
static int ask_for_thread(struct following *following, const char *thread)
{
    struct reply  reply;
    const json_t *newest;

    if (client_call(&following->call->session->client, "list",
                    json_pack("{s:[o]}", "threads", thread_to_json(thread)), &reply) != 0)
        return command_failed(following->call);
    newest = json_array_get(reply.result, json_array_size(reply.result) - 1);
    following->id = view_id(newest);
    following->started = json_is_number(json_object_get(newest, "started"));
    following->ended = json_is_number(json_object_get(newest, "ended"));
    reply_release(&reply);
    return STATUS_DONE;
}

/*
 * Where its output is. The file may be one that others wrote to before (start --output): what is
 * there before the thread has started is not its own.
 */
static int ask_for_log(struct following *following)
{
    struct reply reply;
    int          error, status = STATUS_DONE;

    if (client_call(&following->call->session->client, "logs",
                    json_pack("{s:I, s:i}", "thread", following->id, "lines", 0), &reply) != 0)
        return command_failed(following->call);
    following->file.position = (off_t) json_integer_value(
        json_object_get(reply.result, following->started ? "offset" : "size"));
    error = bytes_from_json(json_object_get(reply.result, "log"), &following->path);
    if (error != 0)
        status = fail(following, "the log's path", error);
    else if (following->timestamps && !times_are_kept(following->path, following->id))
        status = following_no_times(following->call);
    reply_release(&reply);
    return status;
}

/* Opens the log; one that a thread will make when it starts may be missing. */
static int open_log(struct following *following)
{
    int error = logfile_open(&following->file, following->path);

    if (error == 0 || (error == -ENOENT && !following->ended))
        return STATUS_DONE;
    if (error == -ENOENT && !following->started)
        return STATUS_DONE; /* it ended before its command ran */
    if (error == -ENOENT)
        return command_fail(following->call, STATUS_FAILED, "FileNotFoundError",
                            "the log %s is gone", following->path);
    if (error == -EINVAL)
        return command_fail(following->call, STATUS_FAILED, NULL, "%s is no regular file",
                            following->path);
    return fail(following, following->path, error);
}

int following_no_times(const struct call *call)
{
    return command_fail(call, STATUS_FAILED, NULL,
                        "the times of the lines are not known: only run knows them, of what it "
                        "prints");
}

/* Prints whole lines up to END (negative: all there are) with their times. */
static int print(struct following *following, off_t end)
{
    struct printer *printer = &following->printer;

    if (following->source == NULL) {
        printer_open(printer, STDOUT_FILENO, PRINTER_TIMES | PRINTER_KEPT);
        following->source = printer_add(printer, "", following->path, following->file.position);
    }
    if (following->source == NULL)
        return -ENOMEM;
    following->source->limit = end > 0 ? end : 0;
    printer_touch(following->source);
    return printer_drain(printer);
}

/* Copies up to END (negative: all there is). Whoever closed standard output knows it. */
static int copy(struct following *following, off_t end)
{
    int error = following->timestamps ? print(following, end)
                                      : logfile_copy(&following->file, end, STDOUT_FILENO);

    if (error == -EPIPE)
        return STATUS_FAILED;
    return error == 0 ? STATUS_DONE : fail(following, "cannot copy the log", error);
}

int following_finish(struct following *following)
{
    if (following->source == NULL)
        return STATUS_DONE;
    printer_end(following->source);
    return copy(following, following->source->limit > 0 ? following->source->limit : -1);
}

/* Prints what is there now, or its last lines. */
int following_show(struct following *following, bool some_lines, unsigned long long lines)
{
    off_t end;
    int   error;

    if (following->file.fd < 0)
        return STATUS_DONE;
    error = logfile_size(&following->file, &end);
    if (error == 0 && some_lines)
        error = logfile_seek_lines(&following->file, end, lines);
    if (error != 0)
        return fail(following, following->path, error);
    return copy(following, end);
}

/* Watches the log, or the directory in which it will be made. Without inotify, see follow(). */
static void watch(struct following *following)
{
    char *slash = strrchr(following->path, '/');

    if (following->inotify < 0)
        following->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (following->inotify < 0 || slash == NULL)
        return;
    if (following->file.fd >= 0) {
        (void) inotify_add_watch(following->inotify, following->path, IN_MODIFY);
        return;
    }
    *slash = '\0';
    (void) inotify_add_watch(following->inotify, slash > following->path ? following->path : "/",
                             IN_CREATE);
    *slash = '/';
}

static void drain_events(const struct following *following)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));

    while (following->inotify >= 0 && read(following->inotify, events, sizeof(events)) > 0)
        continue;
}

/* Copies what is new; a file that became shorter begins anew. */
static int catch_up(struct following *following)
{
    off_t size;
    int   error;

    if (following->file.fd < 0) {
        error = logfile_open(&following->file, following->path);
        if (error == -ENOENT)
            return STATUS_DONE;
        if (error != 0)
            return fail(following, following->path, error);
        watch(following);
    }
    error = logfile_size(&following->file, &size);
    if (error != 0)
        return fail(following, following->path, error);
    if (size < following->file.position)
        following->file.position = 0;
    return copy(following, -1);
}

/* An answer that nobody waits for: a thread that has ended meanwhile need not be raised. */
static void request_raise(struct following *following, const char *exception)
{
    (void) client_send(&following->call->session->client, "raise",
                       json_pack("{s:I, s:s}", "thread", following->id, "exception", exception),
                       NULL);
}

static void pass_signals_on(struct following *following)
{
    int signal;

    while ((signal = signals_next(&following->signals)) != 0) {
        if (signal == SIGCHLD)
            continue;
        if (following->asked)
            request_raise(following, "SIGKILL");
        else
            request_raise(following, signal == SIGINT ? "KeyboardInterrupt" : "SystemExit");
        following->asked = true;
    }
}

/*
 * Waits for output, for the end of the thread, and for the end of whoever reads ours. Where the
 * system has no inotify to spare, it looks five times a second.
 */
static int wait_for_news(struct following *following)
{
    struct pollfd pollfds[] = {
        {.fd = following->call->session->client.fd, .events = POLLIN},
        {.fd = following->inotify, .events = POLLIN},
        {.fd = STDOUT_FILENO},
        {.fd = following->signals.fd, .events = POLLIN},
    };

    if (poll(pollfds, 4, following->inotify >= 0 ? -1 : 200) < 0 && errno != EINTR)
        return fail(following, "poll", -errno);
    drain_events(following);
    pass_signals_on(following);
    return pollfds[2].revents & POLLERR ? STATUS_FAILED : STATUS_DONE;
}

/*
 * Has the thread ended? 1, 0, or -errno when the supervisor went away, which ends it too. Takes all
 * that came: behind the answer to a raise, what was read with it would wait for no further news.
 */
static int has_ended(struct following *following, json_int_t join)
{
    struct client *client = &following->call->session->client;
    struct reply   reply;
    bool           joined = false;
    int            found;

    while ((found = client_try_receive(client, &reply)) > 0) {
        if (reply.id == join) {
            following->thread = json_incref((json_t *) reply.result); /* NULL for an error */
            joined = true;
        }
        reply_release(&reply);
    }
    return joined ? 1 : found;
}

/* Copies until the thread has ended, and then what it wrote last. */
int following_run(struct following *following)
{
    struct client *client = &following->call->session->client;
    json_int_t     join;
    int            ended = 0;
    int            status = STATUS_DONE;

    if (client_send(client, "join", json_pack("{s:I}", "thread", following->id), &join) != 0)
        return command_failed(following->call);
    watch(following);
    for (;;) {
        ended = has_ended(following, join);
        status = catch_up(following);
        if (ended != 0 || status != STATUS_DONE)
            break;
        status = wait_for_news(following);
        if (status != STATUS_DONE)
            break;
    }
    return ended < 0 && status == STATUS_DONE ? command_failed(following->call) : status;
}

int following_open(struct following *following, const struct call *call, const char *thread)
{
    int status;

    following->call = call;
    following->file.fd = -1;
    following->inotify = -1;
    status = ask_for_thread(following, thread);
    if (status == STATUS_DONE)
        status = ask_for_log(following);
    return status == STATUS_DONE ? open_log(following) : status;
}

int following_take_signals(struct following *following, const struct call *call)
{
    int error = signals_take(&following->signals);

    if (error == 0)
        return STATUS_DONE;
    return command_fail(call, STATUS_FAILED, NULL, "cannot take signals: %s", strerror(-error));
}

static void close_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void following_close(struct following *following)
{
    logfile_close(&following->file);
    if (following->source != NULL)
        printer_close(&following->printer);
    close_open(following->inotify);
    signals_close(&following->signals);
    free(following->path);
    json_decref(following->thread);
}
