#include "cli/commands/start_options.h"

#include "cli/base/call_word.h"
#include "cli/base/exceptions.h"
#include "cli/base/need_word.h"
#include "cli/base/probe_kinds.h"
#include "cli/base/variable.h"
#include "cli/commands/arguments.h"
#include "cli/commands/thread_word.h"
#include "cli/terminal/pty.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    KEY_READY = 256,
    KEY_READY_TIMEOUT,
    KEY_NEEDS,
    KEY_LOG_LIMIT,
    KEY_STOP_SIGNAL,
    KEY_IF_ABSENT,
    KEY_ENV_FILE,
    KEY_LEASH,
    KEY_TTY,
    KEY_CALL,
    KEY_HOST
};

const struct argp_option start_options_list[] = {
    {"name", 'n', "NAME", 0, "The thread's name (default: Thread-N)", 0},
    {"call", KEY_CALL, "LIBRARY:FUNCTION", 0,
     "Call the function of the library, with the arguments, instead of a command", 0},
    {"if-absent", KEY_IF_ABSENT, NULL, 0,
     "If a live thread has that name, start nothing and print its id", 0},
    {"after", 'a', "SECONDS", 0, "Wait before the command is run", 0},
    {"daemon", 'd', NULL, 0, "Make it a daemon thread: a shutdown does not wait for it", 0},
    {"timeout", 't', "SECONDS", 0, "Raise TimeoutError when the command has run for SECONDS", 0},
    {"grace", 'g', "SECONDS", 0, "Kill what is left SECONDS after a raise (10)", 0},
    {"stop-signal", KEY_STOP_SIGNAL, "SIGNAL", 0,
     "The signal by which SystemExit asks it to end (SIGTERM)", 0},
    {"directory", 'C', "DIR", 0, "Run the command in DIR", 0},
    {"env", 'e', "K=V", 0, "Set a variable of its environment (repeatable)", 0},
    {"env-file", KEY_ENV_FILE, "FILE", 0, "Set the variables in FILE, lines of K=V (repeatable)",
     0},
    {"input", 'i', "FILE", OPTION_ARG_OPTIONAL,
     "Take its input from FILE; without FILE the input stays open, or, with --wait, is that of "
     "k3thread itself",
     0},
    {"tty", KEY_TTY, NULL, 0, "Give it a terminal, which attach joins", 0},
    {"output", 'o', "FILE", 0, "Append its output to FILE instead of a log", 0},
    {"restart", 'r', "POLICY", 0, "Run it again: never, on-failure or always; :N at most N times",
     0},
    {"wait", 'w', NULL, 0, "Stay until it ends, show its output and exit as it did", 0},
    {"ready", KEY_READY, "PROBE", 0,
#define X(kind, prefix, syntax) ", " syntax
     "It is ready when: " PROBE_FD PROBE_KINDS(X), 0},
#undef X
    {"ready-timeout", KEY_READY_TIMEOUT, "SECONDS", 0,
     "Raise TimeoutError when the command has run for SECONDS and is not ready", 0},
    {"needs", KEY_NEEDS, "NEED", 0,
     "Run it when NEED holds: THREAD (is ready), THREAD:ended or THREAD:succeeded (repeatable)", 0},
    {"host", KEY_HOST, "NAME", 0, "Run it on that machine of run --hosts", 0},
    {"leash", KEY_LEASH, "PID", 0, "Raise SystemExit when the process PID has ended", 0},
    {"log-limit", KEY_LOG_LIMIT, "SIZE", 0, "Keep about the newest SIZE bytes of its log", 0},
    {0},
};

/* Appends WORD to a list, which has room for every word of the command line. */
static error_t append_word(char ***list, size_t *count, const struct argp_state *state, char *word)
{
    if (*list == NULL)
        *list = calloc((size_t) state->argc, sizeof(**list));
    if (*list == NULL)
        return ENOMEM;
    (*list)[(*count)++] = word;
    return 0;
}

static error_t add_variable(struct start_options *o, const struct argp_state *state, char *word)
{
    if (!variable_is_assignment(word))
        return command_usage(state, "--env wants NAME=VALUE, not '%s'", word);
    return -variables_add(&o->variables, word);
}

static error_t add_need(struct start_options *o, const struct argp_state *state, char *word)
{
    enum need_condition condition;

    if (thread_is_pattern(word))
        return command_refuse(state, "--needs: '%s' is a pattern; give one name or id", word);
    if (need_word_split(word, &condition) == 0)
        return command_usage(state, "--needs wants a name or an id, not '%s'", word);
    return append_word(&o->needs, &o->request.needs_count, state, word);
}

static error_t set_leash(struct start_options *o, const struct argp_state *state, const char *text)
{
    unsigned pid = 0;
    error_t  error =
        command_number(state, "--leash", text, 1, INT_MAX, "that is the id of a process", &pid);

    o->request.leash = pid;
    return error;
}

/* Reads --log-limit: a number of bytes, or a number with the suffix K, M or G (powers of 1,024). */
static error_t parse_log_limit(struct start_options *o, const struct argp_state *state,
                               const char *text)
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
    o->request.log_limit = (int64_t) (size << shift);
    return 0;
}

static error_t set_stop_signal(struct start_options *o, const struct argp_state *state,
                               const char *name)
{
    o->request.stop_signal = name;
    if (exceptions_parse_signal(name) != 0)
        return 0;
    return command_refuse(state, "--stop-signal: '%s' is no signal; SIGINT is one", name);
}

static error_t set_input(struct start_options *o, const struct argp_state *state, const char *path)
{
    o->has_input = true;
    o->request.input = path;
    if (path != NULL && path[0] == '\0')
        return command_usage(state, "--input wants a file's name");
    return 0;
}

/* Reads the options that take a duration. */
static error_t parse_time(int key, const char *argument, const struct argp_state *state)
{
    struct start_options *o = state->input;

    switch (key) {
    case 'a':
        return command_duration(state, "--after", argument, &o->request.after);
    case 't':
        return command_duration(state, "--timeout", argument, &o->request.timeout);
    case 'g':
        return command_duration(state, "--grace", argument, &o->request.grace);
    case KEY_READY_TIMEOUT:
        return command_duration(state, "--ready-timeout", argument, &o->request.ready_timeout);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Returns the size of this process's terminal, or else the default. */
static struct pty_size find_size(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (isatty(fd))
            return pty_size(fd);
    return PTY_SIZE_DEFAULT;
}

/* Completes --tty: the thread's terminal gets the size of this process's terminal. */
static error_t finish_tty(struct start_options *o, const struct argp_state *state)
{
    struct pty_size size = find_size();

    if (o->request.input != NULL)
        return command_refuse(
            state, "--tty: the terminal is the command's input, so --input takes no FILE");
    o->request.rows = size.rows;
    o->request.columns = size.columns;
    return 0;
}

static error_t set_call(struct start_options *o, const struct argp_state *state, char *word)
{
    o->call = word;
    if (call_word_function(word) != NULL)
        return 0;
    return command_usage(state, "--call wants LIBRARY:FUNCTION, not '%s'", word);
}

/* Completes --call: the command is its word and the arguments. */
static error_t finish_call(struct start_options *o)
{
    size_t count = 0;

    while (o->request.command != NULL && o->request.command[count] != NULL)
        count++;
    o->command = calloc(count + 2, sizeof(*o->command));
    if (o->command == NULL)
        return ENOMEM;
    o->command[0] = o->call;
    if (count > 0)
        memcpy(o->command + 1, o->request.command, count * sizeof(*o->command));
    o->request.command = o->command;
    o->request.call = true;
    return 0;
}

/* Completes the options when all were read. */
static error_t finish(struct start_options *o, const struct argp_state *state)
{
    error_t error = o->request.tty ? finish_tty(o, state) : 0;

    if (error == 0 && o->call != NULL)
        error = finish_call(o);
    if (error == 0 && o->request.if_absent && o->request.name == NULL)
        error = command_usage(state, "--if-absent goes with --name");
    return error;
}

/* Returns the flag that the option KEY sets, or NULL if the option is not a flag. */
static bool *flag_of(struct start_options *o, int key)
{
    switch (key) {
    case KEY_IF_ABSENT:
        return &o->request.if_absent;
    case 'd':
        return &o->request.daemon;
    case 'w':
        return &o->wait;
    case KEY_TTY:
        return &o->request.tty;
    default:
        return NULL;
    }
}

/* Returns the word that the option KEY sets to its argument, or NULL if the option does more than that. */
static const char **word_of(struct start_options *o, int key)
{
    switch (key) {
    case 'n':
        return &o->request.name;
    case 'C':
        return &o->request.directory;
    case 'r':
        return &o->request.restart;
    case KEY_READY:
        return &o->request.ready;
    case KEY_HOST:
        return &o->request.host;
    default:
        return NULL;
    }
}

error_t start_options_parse(int key, char *argument, struct argp_state *state)
{
    struct start_options *o = state->input;

    if (command_set(flag_of(o, key), word_of(o, key), argument))
        return 0;
    switch (key) {
    case ARGP_KEY_INIT:
        request_init_start(&o->request);
        return 0;
    case 'e':
        return add_variable(o, state, argument);
    case KEY_LEASH:
        return set_leash(o, state, argument);
    case KEY_ENV_FILE:
        return command_env_file(state, argument, &o->in_files);
    case 'i':
        return set_input(o, state, argument);
    case 'o':
        o->request.output = argument;
        return argument[0] != '\0' ? 0 : command_usage(state, "--output wants a file's name");
    case KEY_NEEDS:
        return add_need(o, state, argument);
    case KEY_STOP_SIGNAL:
        return set_stop_signal(o, state, argument);
    case KEY_LOG_LIMIT:
        return parse_log_limit(o, state, argument);
    case KEY_CALL:
        return set_call(o, state, argument);
    case ARGP_KEY_ARGS:
        o->request.command = state->argv + state->next;
        return 0;
    case ARGP_KEY_END:
        o->request.needs = o->needs;
        return finish(o, state);
    case ARGP_KEY_NO_ARGS:
        if (o->call != NULL)
            return 0;
        return command_usage(state, "no command to start");
    default:
        return parse_time(key, argument, state);
    }
}

void start_options_release(void *options)
{
    struct start_options *o = options;

    variables_release(&o->in_files);
    variables_release(&o->variables);
    free(o->environment);
    free(o->command);
    free(o->needs);
    free(o->real_input);
    free(o->real_output);
    free(o->real_directory);
}
