#include "cli/command.h"
#include "cli/status.h"

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

/* The supervisor and its guardian; a negative descriptor is one that is gone, as poll() has it. */
struct processes {
    struct pollfd pidfds[2];
};

static int open_process(pid_t pid)
{
    return pid > 0 ? (int) syscall(SYS_pidfd_open, pid, 0) : -1;
}

/* The supervisor's pid as we have to call it, or 0 if it has none here. */
static pid_t peer_of(const struct client *client)
{
    struct ucred peer;
    socklen_t    size = sizeof(peer);

    return getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

/*
 * What the supervisor says of its pids goes for its own pid namespace. If it is a container's, its
 * guardian cannot be waited for, and goes a moment later.
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

/* Waits until both are gone, for at most so many milliseconds in a row without one going. */
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

static int run(struct call *call)
{
    const struct shutdown_options *o = call->options;
    struct client                 *client = &call->session->client;
    struct processes               processes;
    struct reply                   reply;
    int                            error;
    bool                           gone;

    if (open_processes(client, &processes) != 0)
        return command_failed(call);
    error = client_call(client, "shutdown", json_pack("{s:b}", "now", o->now), &reply);
    /* An end by another hand may come before the answer; it is an end all the same. */
    gone = (error == 0 || error == -ECONNRESET) &&
           wait_until_gone(&processes, error == 0 ? -1 : 10000);
    close_processes(&processes);
    if (error == 0)
        reply_release(&reply);
    client_close(client);
    return gone ? STATUS_DONE : command_failed(call);
}

const struct command command_shutdown = {
    .name = "shutdown",
    .doc = "End the supervisor as a process ends\vNo new threads start; those that are no daemons "
           "are waited for; then the daemons get SystemExit. Returns when the supervisor is gone.",
    .group = COMMAND_GROUP_SUPERVISOR,
    .flags = COMMAND_CONNECTS,
    .options = options,
    .options_size = sizeof(struct shutdown_options),
    .parse = parse,
    .run = run,
};
