#include "cli/base/linux_calls.h"
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/view/progress.h"
#include "cli/view/thread_text.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct shutdown_options {
    bool now;
};

enum { KEY_NOW = 256 };

static const struct argp_option options[] = {
    {"now", KEY_NOW, NULL, 0, "Raise SystemExit in all threads instead of waiting for any", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct shutdown_options *o = state->input;

    (void) argument;
    if (key != KEY_NOW)
        return ARGP_ERR_UNKNOWN;
    o->now = true;
    return 0;
}

/*
 * The supervisor and its guardian. The descriptor of a process that has ended is -1, which poll()
 * skips.
 */
struct processes {
    struct pollfd pidfds[2];
};

static int open_process(pid_t pid)
{
    return pid > 0 ? linux_pidfd_open(pid) : -1;
}

/* Returns the supervisor's pid in this process's pid namespace, or 0 if it has none there. */
static pid_t peer_of(const struct client *client)
{
    struct ucred peer;
    socklen_t    size = sizeof(peer);

    return client->host == NULL &&
                   getsockopt(client->wire.fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0
               ? peer.pid
               : 0;
}

/*
 * Opens both processes. The supervisor reports its guardian's pid in its own pid namespace. If that
 * is another namespace, as in a container, the guardian cannot be waited for; it ends a moment
 * after the supervisor.
 */
static int open_processes(struct client *client, struct processes *ret)
{
    pid_t        supervisor = peer_of(client), guardian = 0;
    struct reply reply;
    int          error = client_call(client, "version", json_object(), &reply);

    if (error != 0)
        return error;
    if (json_integer_value(json_object_get(reply.result, "pid")) == supervisor)
        guardian = (pid_t) json_integer_value(json_object_get(reply.result, "guardian"));
    *ret = (struct processes){{
        {.fd = open_process(supervisor), .events = POLLIN},
        {.fd = open_process(guardian), .events = POLLIN},
    }};
    reply_release(&reply);
    return 0;
}

/* Waits until both have ended. Returns false if neither ends within TIMEOUT milliseconds. */
static bool wait_until_gone(struct processes *processes, int timeout)
{
    struct pollfd *pidfds = processes->pidfds;

    while (pidfds[0].fd >= 0 || pidfds[1].fd >= 0) {
        int ready = poll(pidfds, 2, timeout);

        if (ready == 0 || (ready < 0 && errno != EINTR))
            return false;
        for (int i = 0; ready > 0 && i < 2; i++) {
            if (pidfds[i].fd < 0 || pidfds[i].revents == 0)
                continue;
            close(pidfds[i].fd);
            pidfds[i].fd = -1;
        }
    }
    return true;
}

static void close_processes(struct processes *processes)
{
    for (int i = 0; i < 2; i++)
        if (processes->pidfds[i].fd >= 0)
            close(processes->pidfds[i].fd);
}

/* The threads that a shutdown waits for, shown on a terminal. */
struct shutdown_progress {
    json_t *threads; /* the live threads; NULL: there is no terminal */
    bool    now;
    json_t *unended; /* the pids of processes that could not be ended; NULL: none */
};

/*
 * Counts the threads that are daemons, or, without DAEMON, the other threads. *RET_FIRST becomes the
 * first of them.
 */
static size_t count_threads(const struct shutdown_progress *waiting, bool daemon,
                            const json_t **ret_first)
{
    const json_t *thread;
    size_t        i, count = 0;

    json_array_foreach(waiting->threads, i, thread)
        if (json_is_true(json_object_get(thread, "daemon")) == daemon && count++ == 0)
            *ret_first = thread;
    return count;
}

/*
 * Shows the threads that the shutdown waits for: without --now first the threads that are not daemons,
 * then all.
 */
static void show_waiting(struct shutdown_progress *waiting)
{
    const json_t *first = NULL, *first_daemon = NULL;
    size_t        count = count_threads(waiting, false, &first);
    size_t        daemons = count_threads(waiting, true, &first_daemon);
    bool          patient = count > 0 && !waiting->now;
    struct text   text = {0};

    if (first == NULL)
        first = first_daemon;
    if (!patient)
        count += daemons;
    if (count > 0) {
        text_add(&text, patient ? "waiting for " : "ending ");
        thread_add_bytes(&text, json_object_get(first, "name"));
        if (count > 1)
            text_printf(&text, " and %zu more", count - 1);
        if (patient)
            text_add(&text, "; shutdown --now ends them");
    }
    progress_show(&text);
    text_release(&text);
}

/* Takes an event: a thread has ended. */
static void handle_event(void *context, const json_t *params)
{
    struct shutdown_progress *waiting = context;
    json_int_t                id = thread_id(json_object_get(params, "thread"));
    size_t                    count = json_array_size(waiting->threads), i = 0;

    while (i < count && thread_id(json_array_get(waiting->threads, i)) != id)
        i++;
    if (i == count) /* it had ended before the list was made */
        return;
    (void) json_array_remove(waiting->threads, i);
    show_waiting(waiting);
}

/* Asks for the live threads, and for an event when a thread ends. Returns 0 or -errno. */
static int watch_threads(struct client *client, struct shutdown_progress *waiting)
{
    struct reply reply;
    int          error;

    client->notify = handle_event;
    client->notify_context = waiting;
    error = client_call(client, "watch",
                        json_pack("{s:[s], s:[s]}", "events", "ended", "members", "id"), &reply);
    if (error != 0)
        return error;
    reply_release(&reply);
    error = client_call(
        client, "list",
        json_pack("{s:b, s:[s, s, s]}", "live", 1, "members", "id", "name", "daemon"), &reply);
    if (error != 0)
        return error;
    waiting->threads = json_deep_copy(reply.result);
    reply_release(&reply);
    return 0;
}

/* Sends the request and waits for its reply. Returns 0 or -errno. */
static int request(struct client *client, struct shutdown_progress *waiting)
{
    static const struct text nothing;
    struct reply             reply;
    int                      error = progress_is_seen() ? watch_threads(client, waiting) : 0;

    if (error == 0) {
        show_waiting(waiting);
        error = client_call(client, "shutdown", json_pack("{s:b}", "now", waiting->now), &reply);
    }
    progress_show(&nothing);
    if (error == 0) {
        waiting->unended = json_incref(json_object_get(reply.result, "unended"));
        reply_release(&reply);
    }
    json_decref(waiting->threads);
    client->notify = NULL;
    return error;
}

/* Waits until the supervisor of another machine has closed the connection, which it does at its end. */
static void await_end(struct client *client)
{
    struct reply reply;

    while (client_receive(client, &reply) == 0)
        reply_release(&reply);
}

/* Reports the processes that could not be ended. */
static int report_unended(const struct invocation *invocation, json_t *unended)
{
    int           status = STATUS_DONE;
    const json_t *pid;
    size_t        i;

    json_array_foreach(unended, i, pid)
        status = command_fail(invocation, STATUS_FAILED, NULL,
                              "process %" JSON_INTEGER_FORMAT " could not be ended, and is left",
                              json_integer_value(pid));
    json_decref(unended);
    return status;
}

static int run(struct invocation *invocation)
{
    const struct shutdown_options *o = invocation->options;
    struct client                 *client = &invocation->session->client;
    struct processes               processes;
    struct shutdown_progress       waiting = {.now = o->now};
    int                            error, status;
    bool                           gone;

    if (open_processes(client, &processes) != 0)
        return command_failed(invocation);
    error = request(client, &waiting);
    /* If another process ends the supervisor before it replies, that is a success too. */
    gone = (error == 0 || error == -ECONNRESET) &&
           wait_until_gone(&processes, error == 0 ? -1 : 10000);
    if (error == 0 && client->host != NULL)
        await_end(client);
    close_processes(&processes);
    status = gone ? report_unended(invocation, waiting.unended) : command_failed(invocation);
    client_close(client);
    return status;
}

const struct command command_shutdown = {
    .name = "shutdown",
    .doc = "End the supervisor when its threads have ended\vNo new threads start. The threads that "
           "are no "
           "daemons are waited for; then the daemons get SystemExit. Returns when the supervisor "
           "is gone.",
    .group = COMMAND_GROUP_SUPERVISOR,
    .flags = COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct shutdown_options),
    .parse = parse,
    .run = run,
};
