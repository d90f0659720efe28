/* start and daemon: a command becomes a thread. */
#include "cli/base/status.h"
#include "cli/base/variable.h"
#include "cli/commands/command.h"
#include "cli/commands/executable.h"
#include "cli/commands/here.h"
#include "cli/commands/joining.h"
#include "cli/commands/limits.h"
#include "cli/commands/report.h"
#include "cli/commands/start_options.h"
#include "cli/commands/waiting.h"
#include "cli/rpc/write.h"
#include "cli/view/view.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How many supervisors in a row may end under our hands. */
#define TRIES 5

static void write_words(struct text *text, char *const *words)
{
    text_byte(text, '[', 1);
    for (; *words != NULL; words++) {
        write_comma(text);
        write_bytes(text, *words);
    }
    text_byte(text, ']', 1);
}

/* Do both set the same variable? */
static bool is_same_variable(const char *a, const char *b)
{
    size_t name = strcspn(a, "=");

    return strncmp(a, b, name) == 0 && b[name] == '=';
}

/* Is WORD set anew by one of the COUNT words at LATER? */
static bool is_replaced(const char *word, char *const *later, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_same_variable(word, later[i]))
            return true;
    return false;
}

/* Ours, changed as --env says. */
static void write_environment(struct text *text, const struct start_options *o)
{
    size_t count = o->environment_count;

    text_byte(text, '[', 1);
    for (char **word = environ; *word != NULL; word++)
        if (variable_is_assignment(*word) && !is_replaced(*word, o->environment, count)) {
            write_comma(text);
            write_bytes(text, *word);
        }
    for (size_t i = 0; i < count; i++)
        if (!is_replaced(o->environment[i], o->environment + i + 1, count - i - 1)) {
            write_comma(text);
            write_bytes(text, o->environment[i]);
        }
    text_byte(text, ']', 1);
}

static mode_t current_umask(void)
{
    mode_t mask = umask(077);

    umask(mask);
    return mask;
}

/* These write what is given: a negative number, a NULL and a false are not. */
static void add_seconds(struct text *params, const char *key, double seconds)
{
    if (seconds < 0)
        return;
    write_name(params, key);
    write_seconds(params, seconds);
}

static void add_bytes(struct text *params, const char *key, const char *bytes)
{
    if (bytes == NULL)
        return;
    write_name(params, key);
    write_bytes(params, bytes);
}

static void add_true(struct text *params, const char *key, bool value)
{
    if (!value)
        return;
    write_name(params, key);
    text_add(params, "true");
}

static void write_needs(struct text *text, const struct start_options *o)
{
    text_byte(text, '[', 1);
    for (size_t i = 0; i < o->needs_count; i++) {
        json_t *thread = thread_to_json(o->needs[i]);

        text->failed |= thread == NULL;
        write_comma(text);
        if (thread != NULL)
            write_json(text, thread);
        json_decref(thread);
    }
    text_byte(text, ']', 1);
}

/* With the limits. The supervisor keeps the last one of a connection; a script's starts mostly have the same. */
static void add_environment(struct text *params, const struct start_options *o,
                            const struct client *client)
{
    write_name(params, "environment");
    if (o->environment_count == 0 && client->environment_known) {
        text_add(params, "true");
        return;
    }
    write_environment(params, o);
    limits_write(params);
}

/* Nobody waits for its answer before the next command. */
static bool is_chained(const struct call *call)
{
    const struct start_options *o = call->options;

    return call->session->chains && !o->wait;
}

/*
 * Will it run, as far as can be seen from here? Then the next one need not wait for it; a chain of
 * such keeps both processors busy.
 */
static bool is_sure(const struct start_options *o)
{
    return o->input == NULL && o->output == NULL && o->directory == NULL &&
           o->environment_count == 0 && executable_is_there(o->command[0]);
}

/* With --wait it is ours: the supervisor opens it by the descriptor that we have of it. */
static void write_input(struct text *params, const struct start_options *o, const char *here)
{
    char own[32];

    if (!o->has_input)
        return;
    (void) snprintf(own, sizeof(own), "/proc/%d/fd/%d", (int) getpid(), STDIN_FILENO);
    write_name(params, "input");
    if (o->input != NULL)
        here_write_path(params, here, o->input);
    else if (o->wait)
        write_bytes(params, own);
    else
        text_add(params, "true");
}

static void write_params(struct text *params, const struct call *call, const char *here)
{
    const struct start_options *o = call->options;
    bool                        chained = is_chained(call);

    text_byte(params, '{', 1);
    write_name(params, "command");
    write_words(params, o->command);
    add_environment(params, o, &call->session->client);
    write_name(params, "members");
    text_add(params, "[\"id\"]");
    write_name(params, "directory");
    here_write_path(params, here, o->directory);
    write_name(params, "umask");
    write_integer(params, current_umask());
    add_bytes(params, "ready", o->ready);
    add_bytes(params, "restart", o->restart);
    add_bytes(params, "stop_signal", o->stop_signal);
    if (o->needs_count > 0) {
        write_name(params, "needs");
        write_needs(params, o);
    }
    if (o->log_limit > 0) {
        write_name(params, "log_limit");
        write_integer(params, o->log_limit);
    }
    add_seconds(params, "after", o->after);
    add_seconds(params, "timeout", o->timeout);
    add_seconds(params, "ready_timeout", o->ready_timeout);
    add_seconds(params, "grace", o->grace);
    add_true(params, "daemon", o->daemon || (call->command->flags & COMMAND_DAEMON));
    add_true(params, "keep", o->wait);
    add_true(params, "chained", chained);
    if (chained && is_sure(o)) {
        write_name(params, "hold");
        text_add(params, "false");
    }
    add_bytes(params, "name", o->name);
    write_input(params, o, here);
    if (o->output != NULL) {
        write_name(params, "output");
        here_write_path(params, here, o->output);
    }
    text_byte(params, '}', 1);
}

/*
 * Asks for the thread. A supervisor that is just ending may close the connection before it got
 * the request; then it is as if there had been none, and the next one is asked. HERE is NULL when
 * the request is made already.
 */
static int call_start(struct call *call, const char *here, struct following *following,
                      struct reply *ret)
{
    const struct start_options *o = call->options;
    struct client              *client = &call->session->client;
    int                         error = -ENOENT;

    for (unsigned tries = 0; tries < TRIES && error == -ENOENT; tries++) {
        struct text params = {0};

        if (tries > 0 && client_reopen(client) != 0)
            break;
        if (here != NULL)
            write_params(&params, call, here);
        client->environment_known = false;
        error = following != NULL ? waiting_start(following, &params, ret)
                                  : client_call_written(client, "start", &params, ret);
        if (here == NULL)
            break;
    }
    client->environment_known = error == 0 && o->environment_count == 0;
    return error;
}

/* Returns true if no path of the request begins at the current directory. */
static bool needs_no_directory(const struct start_options *o)
{
    return o->directory != NULL && !here_matters(o->directory) && !here_matters(o->output) &&
           !here_matters(o->input);
}

/* The current directory's path; one that was removed has none. NULL after saying that it is needed. */
static char *current_directory(const struct call *call)
{
    char *here = here_find(needs_no_directory(call->options));

    if (here == NULL)
        (void) command_fail(call, STATUS_FAILED, NULL,
                            "the current directory has no path: %s; --directory names another one",
                            strerror(errno));
    return here;
}

static int start_chained(const struct call *call)
{
    const struct start_options *o = call->options;
    struct client              *client = &call->session->client;
    char                       *here = current_directory(call);
    struct text                 params = {0};

    if (here == NULL)
        return STATUS_FAILED;
    write_params(&params, call, here);
    free(here);
    client->environment_known = o->environment_count == 0;
    return chain_start(&call->session->chain, client, call->command->name, &params);
}

/* Starts the thread; FOLLOWING, if it is not NULL, is to follow it. */
static int start(struct call *call, struct following *following, json_int_t *ret_id)
{
    bool         asked = call->session->client.asked;
    char        *here = asked ? NULL : current_directory(call);
    struct reply reply;
    int          error;

    if (here == NULL && !asked)
        return STATUS_FAILED;
    error = call_start(call, here, following, &reply);
    free(here);
    if (error != 0)
        return command_failed(call);
    limits_warn(call->command->name, reply.result);
    *ret_id = view_id(reply.result);
    reply_release(&reply);
    return STATUS_DONE;
}

/* k3thread's own failures must not look like the command's. */
static int internal(int status)
{
    return status == STATUS_FAILED ? STATUS_INTERNAL : status;
}

/* The supervisor opens a file anew, and so from its start. */
static int check_input(const struct call *call)
{
    const struct start_options *o = call->options;

    if (!o->has_input || o->input != NULL || lseek(STDIN_FILENO, 0, SEEK_CUR) <= 0)
        return STATUS_DONE;
    return command_fail(call, STATUS_INTERNAL, NULL,
                        "a part of the input was read before; name its file by --input=FILE");
}

static int start_and_wait(struct call *call)
{
    struct following following;
    int              status = chain_settle(&call->session->chain, &call->session->client);

    if (status == STATUS_DONE)
        status = check_input(call);
    if (status != STATUS_DONE)
        return status;
    waiting_open(&following, call);
    if (!call->session->scripted) /* whoever runs a script has them */
        status = following_take_signals(&following);
    (void) signal(SIGPIPE, SIG_IGN); /* to have the time to tell the thread */
    if (status == STATUS_DONE)
        status = internal(start(call, &following, &following.id));
    if (status == STATUS_DONE)
        status = waiting_run(&following);
    call->session->ended_by = signals_first(&following.signals);
    following_close(&following);
    return status;
}

static int run(struct call *call)
{
    const struct start_options *o = call->options;
    struct text                 line = {0};
    json_int_t                  id;
    int                         status;

    if (o->wait)
        return start_and_wait(call);
    call->session->only_started = true;
    if (is_chained(call))
        return start_chained(call);
    status = start(call, NULL, &id);
    if (status != STATUS_DONE || call->session->scripted)
        return status;
    text_printf(&line, "%" JSON_INTEGER_FORMAT "\n", id);
    status = command_print(call, &line);
    text_release(&line);
    return status;
}

#define DETAILS                                                                                    \
    "Prints the thread's id as soon as the command runs (with --after, at once). The command "     \
    "gets the directory, the environment, the umask, the niceness and the resource limits of the " \
    "caller, and /dev/null as input. "                                                             \
    "SECONDS may have a suffix: 200ms, 1.5s, 2m, 1h."

const struct command command_start = {
    .name = "start",
    .arguments = "[--] COMMAND [ARGUMENT...]",
    .doc = "Start a command as a thread\v" DETAILS,
    .group = COMMAND_GROUP_THREADS,
    .flags = COMMAND_STARTS | COMMAND_IN_ORDER,
    .options = start_options_list,
    .options_size = sizeof(struct start_options),
    .parse = start_options_parse,
    .run = run,
    .release = start_options_release,
};

const struct command command_daemon = {
    .name = "daemon",
    .arguments = "[--] COMMAND [ARGUMENT...]",
    .doc = "Start a command as a daemon thread\vIt lives on when the other threads have ended; a "
           "shutdown, which waits for those, ends it then, and so does the end of a run. " DETAILS,
    .group = COMMAND_GROUP_THREADS,
    .flags = COMMAND_STARTS | COMMAND_IN_ORDER | COMMAND_DAEMON,
    .options = start_options_list,
    .options_size = sizeof(struct start_options),
    .parse = start_options_parse,
    .run = run,
    .release = start_options_release,
};
