/* start and daemon: a command becomes a thread. */
#include "cli/base/descriptor.h"
#include "cli/base/exceptions.h"
#include "cli/base/status.h"
#include "cli/commands/command.h"
#include "cli/commands/executable.h"
#include "cli/commands/here.h"
#include "cli/commands/joining.h"
#include "cli/commands/limits.h"
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

struct start_options {
    const char *name, *directory, *input, *output; /* NULL: not given */
    char       *real_output;                       /* to be freed */
    bool        has_input;                         /* without INPUT it stays open */
    const char *ready, *restart, *stop_signal;
    bool        daemon, wait;
    double      after, timeout, grace, ready_timeout; /* negative: not given */
    char      **environment;                          /* the --env words, in order */
    size_t      environment_count;
    char      **needs; /* the --needs words */
    size_t      needs_count;
    json_int_t  log_limit; /* bytes; 0: none */
    char      **command;
};

/* How many supervisors in a row may end under our hands. */
#define TRIES 5

enum { KEY_READY = 256, KEY_READY_TIMEOUT, KEY_NEEDS, KEY_LOG_LIMIT, KEY_STOP_SIGNAL };

static const struct argp_option options[] = {
    {"name", 'n', "NAME", 0, "The thread's name (default: Thread-N)", 0},
    {"after", 'a', "SECONDS", 0, "Wait before the command is run", 0},
    {"daemon", 'd', NULL, 0, "Make it a daemon thread: a shutdown does not wait for it", 0},
    {"timeout", 't', "SECONDS", 0, "Raise TimeoutError when the command has run so long", 0},
    {"grace", 'g', "SECONDS", 0, "After a raise, kill what still runs so much later (10)", 0},
    {"stop-signal", KEY_STOP_SIGNAL, "SIGNAL", 0,
     "The signal by which SystemExit asks it to end (SIGTERM)", 0},
    {"directory", 'C', "DIR", 0, "Run the command in DIR", 0},
    {"env", 'e', "K=V", 0, "Set a variable of its environment (repeatable)", 0},
    {"input", 'i', "FILE", OPTION_ARG_OPTIONAL,
     "Take its input from FILE; without FILE its input stays open, or with --wait is yours", 0},
    {"output", 'o', "FILE", 0, "Append its output to FILE instead of a log", 0},
    {"restart", 'r', "POLICY", 0, "Run it again: never, on-failure or always; :N at most N times",
     0},
    {"wait", 'w', NULL, 0, "Stay until it ends, show its output and exit as it did", 0},
    {"ready", KEY_READY, "PROBE", 0,
     "It is ready when: FD, tcp:HOST:PORT, unix:PATH, http://HOST:PORT/PATH, line:REGEX, "
     "cmd:COMMAND or notify",
     0},
    {"ready-timeout", KEY_READY_TIMEOUT, "SECONDS", 0,
     "Raise TimeoutError when the command has run so long and is not ready", 0},
    {"needs", KEY_NEEDS, "THREAD", 0, "Run it when THREAD is ready (repeatable)", 0},
    {"log-limit", KEY_LOG_LIMIT, "SIZE", 0, "Keep about the newest SIZE bytes of its log", 0},
    {0},
};

/* Better refused here than after a supervisor was brought up for it. */
static error_t check_directory(const struct argp_state *state, const char *path)
{
    struct stat info;

    if (stat(path, &info) < 0)
        return command_refuse(state, "--directory: %s: %s", path, strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return command_refuse(state, "--directory: %s: %s", path, strerror(ENOTDIR));
    return 0;
}

/*
 * A descriptor of ours is not the supervisor's: it opens the file, which must have a name. As the
 * thread then appends to that, our own descriptor has to append too.
 */
static error_t set_output(struct start_options *o, const struct argp_state *state, char *path)
{
    int error;

    if (path[0] == '\0')
        return command_usage(state, "--output wants a file's name");
    o->output = path;
    if (!descriptor_is_named(path))
        return 0;
    free(o->real_output);
    o->real_output = descriptor_file(path);
    if (o->real_output == NULL)
        return command_refuse(state,
                              "--output: %s is no file that has a name; without --output, run and "
                              "start --wait print what the command does",
                              path);
    error = descriptor_append_named(path);
    if (error == -EBADF)
        return command_refuse(state, "--output: %s is not open for writing", path);
    if (error != 0)
        return command_refuse(state, "--output: %s cannot be made to append: %s", path,
                              strerror(-error));
    o->output = o->real_output;
    return 0;
}

/* Would it set a variable? Others are not environment, and a program may leave some there. */
static bool is_assignment(const char *word)
{
    return word[0] != '=' && strchr(word, '=') != NULL;
}

static error_t add_variable(struct start_options *o, const struct argp_state *state, char *word)
{
    if (!is_assignment(word))
        return command_usage(state, "--env wants NAME=VALUE, not '%s'", word);
    if (o->environment == NULL) /* there are no more of them than words */
        o->environment = calloc((size_t) state->argc, sizeof(*o->environment));
    if (o->environment == NULL)
        return ENOMEM;
    o->environment[o->environment_count++] = word;
    return 0;
}

static error_t add_need(struct start_options *o, const struct argp_state *state, char *word)
{
    if (thread_is_pattern(word))
        return command_refuse(state, "--needs: '%s' is a pattern; give one name or id", word);
    if (o->needs == NULL)
        o->needs = calloc((size_t) state->argc, sizeof(*o->needs));
    if (o->needs == NULL)
        return ENOMEM;
    o->needs[o->needs_count++] = word;
    return 0;
}

/* Bytes, or with a suffix K, M or G: of 1,024 each. */
static error_t parse_size(struct start_options *o, const struct argp_state *state, const char *text)
{
    static const char  suffixes[] = "KMG";
    char              *end;
    const char        *suffix;
    unsigned long long size;
    unsigned           shift = 0;

    errno = 0;
    size = strtoull(text, &end, 10);
    suffix = *end != '\0' ? strchr(suffixes, *end) : NULL;
    if (suffix != NULL) {
        shift = 10 * (unsigned) (suffix - suffixes + 1);
        end++;
    }
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || size == 0 ||
        size > (1ULL << 62) >> shift)
        return command_refuse(state, "--log-limit: '%s' is no size; 1M is one", text);
    o->log_limit = (json_int_t) (size << shift);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct start_options *o = state->input;

    switch (key) {
    case ARGP_KEY_INIT:
        o->after = o->timeout = o->grace = o->ready_timeout = -1;
        return 0;
    case 'n':
        o->name = argument;
        return 0;
    case 'a':
        return command_duration(state, "--after", argument, &o->after);
    case 'd':
        o->daemon = true;
        return 0;
    case 't':
        return command_duration(state, "--timeout", argument, &o->timeout);
    case 'g':
        return command_duration(state, "--grace", argument, &o->grace);
    case 'C':
        o->directory = argument;
        return check_directory(state, argument);
    case 'e':
        return add_variable(o, state, argument);
    case 'i':
        o->has_input = true;
        o->input = argument;
        return argument == NULL || argument[0] != '\0'
                   ? 0
                   : command_usage(state, "--input wants a file's name");
    case 'o':
        return set_output(o, state, argument);
    case 'r':
        o->restart = argument;
        return 0;
    case 'w':
        o->wait = true;
        return 0;
    case KEY_READY:
        o->ready = argument;
        return 0;
    case KEY_READY_TIMEOUT:
        return command_duration(state, "--ready-timeout", argument, &o->ready_timeout);
    case KEY_NEEDS:
        return add_need(o, state, argument);
    case KEY_STOP_SIGNAL:
        o->stop_signal = argument;
        if (exceptions_parse_signal(argument) != 0)
            return 0;
        return command_refuse(state, "--stop-signal: '%s' is no signal; SIGINT is one", argument);
    case KEY_LOG_LIMIT:
        return parse_size(o, state, argument);
    case ARGP_KEY_ARGS:
        o->command = state->argv + state->next;
        return 0;
    case ARGP_KEY_NO_ARGS:
        return command_usage(state, "no command to start");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void release(void *input)
{
    struct start_options *o = input;

    free(o->environment);
    free(o->needs);
    free(o->real_output);
}

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
        if (is_assignment(*word) && !is_replaced(*word, o->environment, count)) {
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
    add_true(params, "daemon", o->daemon || call->command == &command_daemon);
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
    return chain_start(call, &params);
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
    int              status = chain_settle(call->session);

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
    .options = options,
    .options_size = sizeof(struct start_options),
    .parse = parse,
    .run = run,
    .release = release,
};

const struct command command_daemon = {
    .name = "daemon",
    .arguments = "[--] COMMAND [ARGUMENT...]",
    .doc = "Start a command as a daemon thread\vIt lives on when the other threads have ended; a "
           "shutdown, which waits for those, ends it then, and so does the end of a run. " DETAILS,
    .group = COMMAND_GROUP_THREADS,
    .flags = COMMAND_STARTS | COMMAND_IN_ORDER,
    .options = options,
    .options_size = sizeof(struct start_options),
    .parse = parse,
    .run = run,
    .release = release,
};
