/* supervise: runs a supervisor in the foreground, or, with descriptors given, in the background. */
#include "cli/base/descriptors.h"
#include "cli/base/number.h"
#include "cli/base/status.h"
#include "cli/client/launch.h"
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/report.h"
#include "cli/supervisor/supervisor.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* The options. Descriptors, which launch.c hands over, are stored 1 too high, so that 0 means "not given". */
struct supervise_options {
    int         listener, lock, lifeline;
    bool        private_place;
    bool        jobserver;
    unsigned    slots;
    const char *commands_socket; /* of an agent; NULL: this supervisor belongs to no agent */
    const char *state;           /* NULL: the journal and the logs are beside the socket */
};

enum {
    KEY_LISTEN_FD = 256,
    KEY_LOCK_FD,
    KEY_LIFELINE_FD,
    KEY_PRIVATE,
    KEY_SLOTS,
    KEY_JOBSERVER,
    KEY_STATE,
    KEY_AGENT
};

static const struct argp_option options[] = {
    SLOTS_OPTION(KEY_SLOTS),
    JOBSERVER_OPTION(KEY_JOBSERVER),
    {LAUNCH_LISTEN_FD, KEY_LISTEN_FD, "FD", OPTION_HIDDEN, NULL, 0},
    {LAUNCH_LOCK_FD, KEY_LOCK_FD, "FD", OPTION_HIDDEN, NULL, 0},
    {LAUNCH_LIFELINE_FD, KEY_LIFELINE_FD, "FD", OPTION_HIDDEN, NULL, 0},
    {LAUNCH_STATE, KEY_STATE, "DIR", OPTION_HIDDEN, NULL, 0},
    {LAUNCH_AGENT, KEY_AGENT, "SOCKET", OPTION_HIDDEN, NULL, 0},
    {LAUNCH_PRIVATE, KEY_PRIVATE, NULL, OPTION_HIDDEN, NULL, 0},
    {0},
};

/* Reads a descriptor into *RET, 1 too high. */
static error_t parse_fd(const struct argp_state *state, const char *text, int *ret)
{
    uint64_t fd;

    if (!number_parse(text, 3, 1000000, &fd))
        return command_usage(state, "'%s' is not a descriptor", text);
    *ret = (int) fd + 1;
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct supervise_options *o = state->input;

    switch (key) {
    case KEY_LISTEN_FD:
        return parse_fd(state, argument, &o->listener);
    case KEY_LOCK_FD:
        return parse_fd(state, argument, &o->lock);
    case KEY_LIFELINE_FD:
        return parse_fd(state, argument, &o->lifeline);
    case KEY_STATE:
        o->state = argument;
        return 0;
    case KEY_AGENT:
        o->commands_socket = argument;
        return 0;
    case KEY_PRIVATE:
        o->private_place = true;
        return 0;
    case KEY_SLOTS:
        return command_slots_option(state, argument, &o->slots);
    case KEY_JOBSERVER:
        o->jobserver = true;
        return 0;
    case ARGP_KEY_END:
        if (o->private_place && o->lifeline == 0)
            return command_usage(state, "--" LAUNCH_PRIVATE " also needs --" LAUNCH_LIFELINE_FD);
        if (o->commands_socket != NULL && o->lifeline == 0)
            return command_usage(state, "--" LAUNCH_AGENT " also needs --" LAUNCH_LIFELINE_FD);
        if ((o->listener != 0) != (o->lock != 0))
            return command_usage(state,
                                 "--" LAUNCH_LISTEN_FD " and --" LAUNCH_LOCK_FD " go together");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Closes the descriptors behind the last that the starter has handed over: they belong to the starter. */
static void close_inherited(const struct supervise_options *o)
{
    int last = o->listener > o->lock ? o->listener : o->lock;

    descriptors_close_from(o->lifeline > last ? o->lifeline : last); /* each is stored 1 too high */
}

/*
 * Takes the place, unless the starter has taken it and handed it over. Returns 0, or -errno after
 * reporting the reason.
 */
static int claim_place(const struct invocation *invocation, struct claim *ret)
{
    const struct supervise_options *o = invocation->options;
    struct place                   *place = &invocation->session->place;
    struct text                     why = {0};
    int                             error = 0;

    if (o->listener != 0) {
        *ret = (struct claim){.listener = o->listener - 1, .lock = o->lock - 1};
        close_inherited(o);
    } else {
        error = launch_claim(place, ret, &why);
    }
    if (error == 0 && (o->listener != 0 || !ret->has_state)) {
        error = place_set_state(place, o->state);
        if (error != 0) {
            text_add(&why, strerror(-error));
            launch_give_up(place, ret);
        }
    }
    if (error != 0)
        (void) command_fail_text(invocation, STATUS_FAILED, NULL, &why);
    else
        text_release(&why);
    return error;
}

/*
 * Tells an init system (systemd's Type=notify) that clients can connect: they wait in the socket's
 * queue until they are served. A failure is ignored, because the init system notices it.
 */
static void notify_ready(void)
{
    static const char  ready[] = "READY=1";
    const char        *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t             length = path != NULL ? strlen(path) : 0;
    int                fd;

    if (length < 2 || length >= sizeof(address.sun_path))
        return;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') /* an abstract address */
        address.sun_path[0] = '\0';
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return;
    (void) sendto(fd, ready, strlen(ready), MSG_NOSIGNAL, (struct sockaddr *) &address,
                  (socklen_t) (offsetof(struct sockaddr_un, sun_path) + length));
    close(fd);
}

static int run(struct invocation *invocation)
{
    const struct supervise_options *o = invocation->options;
    struct supervisor_options       supervisor = {
              .place = &invocation->session->place,
              .lifeline = o->lifeline - 1,
              .private_place = o->private_place,
              .slots = command_slots_default(o->slots, o->jobserver),
              .jobserver = o->jobserver,
              .commands_socket = o->commands_socket,
    };
    struct claim claim;
    struct text  why = {0};
    int          status;

    if (claim_place(invocation, &claim) != 0)
        return STATUS_FAILED;
    supervisor.listener = claim.listener;
    supervisor.lock = claim.lock;
    notify_ready();
    supervisor_run(&supervisor, &why);
    status = command_fail(invocation, STATUS_FAILED, NULL, "%.*s", (int) why.size, why.data);
    text_release(&why);
    launch_give_up(supervisor.place, &claim);
    return status;
}

const struct command command_supervise = {
    .name = "supervise",
    .doc = "Be a supervisor in the foreground, for an init system\vSIGTERM raises SystemExit in "
           "all threads and ends the supervisor when they have ended.",
    .group = COMMAND_GROUP_SUPERVISOR,
    .flags = COMMAND_PLACE | COMMAND_HERE,
    .options = options,
    .options_size = sizeof(struct supervise_options),
    .parse = parse,
    .run = run,
};
