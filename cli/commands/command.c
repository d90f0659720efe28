#include "cli/commands/command.h"

#include "cli/base/duration.h"
#include "cli/base/status.h"
#include "cli/base/suggest.h"
#include "cli/view/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const table[] = {
#define X(name) &command_##name,
    COMMANDS(X)
#undef X
};

#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

/*
 * What parsers return besides EINVAL, after which a hint at --help follows: the work is done, as
 * after --help itself, or that failed; and a value is illegal, of which the message said enough.
 */
#define PARSED_DONE    ECANCELED
#define PARSED_FAILED  EIO
#define PARSED_REFUSED ERANGE

/* Room for "k3thread: " and a command's name. */
#define NAME_SIZE 64

/* No exit status yet: the next step can be taken. */
#define GO_ON (-1)

const struct command *command_at(size_t index)
{
    return index < TABLE_SIZE ? table[index] : NULL;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
        if (table[i]->alias != NULL && strcmp(table[i]->alias, name) == 0)
            return table[i];
    }
    return NULL;
}

/* Returns what does here what other tools, and shells, have a command NAME for; or NULL. */
static const char *translate(const char *name)
{
    static const char *const words[][2] = {
        {"stop", "'raise'"},
        {"kill", "'raise'"},
        {"ps", "'list'"},
        {"status", "'list'"},
        {"jobs", "'list'"},
        {"top", "'list', or 'watch'"},
        {"wait", "'join'"},
        {"fg", "'join', or 'start --wait'"},
        {"rm", "'clear'"},
        {"exec", "'start'"},
        {"add", "'start'"},
        {"queue", "'start'"},
        {"up", "'start'"},
        {"bg", "'start'"},
        {"down", "'shutdown'"},
        {"attach", "'logs -f'"},
        {"tail", "'logs -f'"},
        {"restart", "'raise --wait THREAD', then 'start'"},
        {"export", "'start --env NAME=VALUE'"},
        {"cd", "'start --directory DIR'"},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i][0], name) == 0)
            return words[i][1];
    return NULL;
}

/* Returns the byte behind what WORD has of a name at its beginning; NUL if it has all, or nothing. */
static char byte_after_name(const char *word)
{
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return length > 0 ? word[length] : '\0';
}

/* Returns the advice for WORD, which was written for a command and is like none. */
static const char *explain_word(const char *word)
{
    switch (byte_after_name(word)) {
    case '=':
        return "a variable of one command is set by 'start --env NAME=VALUE'";
    case ':':
        return PROCFILE_ADVICE;
    default:
        return "\"k3thread help\" lists them";
    }
}

int command_unknown(const char *name)
{
    struct suggestion suggestion = {.word = name};
    const char       *ours = translate(name);

    for (size_t i = 0; i < TABLE_SIZE; i++)
        suggest_consider(&suggestion, table[i]->name);
    if (ours != NULL)
        message_print(NULL, NULL, "no command '%s'; here it is %s", name, ours);
    else if (suggestion.nearest != NULL && byte_after_name(name) == '\0')
        message_print(NULL, NULL, "no command '%s'; did you mean '%s'?", name, suggestion.nearest);
    else
        message_print(NULL, NULL, "no command '%s'; %s", name, explain_word(name));
    return STATUS_USAGE;
}

/* Parsing */

enum { KEY_HELP = 'h', KEY_HELP_TOO = '?', KEY_VERSION = 'V', KEY_USAGE = 256 };

const struct argp_option command_common_options[] = {
    {"help", KEY_HELP, NULL, 0, "Show this help", -1},
    {"usage", KEY_USAGE, NULL, 0, "Show a short usage", -1},
    {"version", KEY_VERSION, NULL, 0, "Show the version", -1},
    {NULL, KEY_HELP_TOO, NULL, OPTION_HIDDEN, NULL, -1},
    {0},
};

/* A message says "k3thread: start: …", a usage "k3thread start"; NAME is NULL for the program. */
static void fill_usage_name(char *ret, size_t size, const char *name)
{
    (void) snprintf(ret, size, name != NULL ? "k3thread %s" : "k3thread", name);
}

/*
 * "start" out of argv[0], which is "k3thread: start", maybe with a script's line before it; NULL in
 * the program's own parser.
 */
static const char *command_of(const struct argp_state *state)
{
    const char *colon = strrchr(state->argv[0], ':');

    return colon != NULL ? colon + 2 : NULL;
}

/* Writes to standard output on behalf of COMMAND; returns the exit status. */
static int print(const char *command, const void *data, size_t size, bool is_complete)
{
    int error = is_complete ? output_write(STDOUT_FILENO, data, size) : -ENOMEM;

    if (error == 0)
        return STATUS_DONE;
    message_print(command, NULL, "cannot write to standard output: %s", strerror(-error));
    return STATUS_FAILED;
}

/* WHAT: argp's flags. NAME is that of the command. */
static int print_help(const struct argp *argp, unsigned what, const char *name)
{
    char   usage_name[NAME_SIZE];
    char  *help = NULL;
    size_t size = 0;
    FILE  *stream = open_memstream(&help, &size);
    int    status;

    fill_usage_name(usage_name, sizeof(usage_name), name);
    if (stream != NULL)
        argp_help(argp, stream, what, usage_name);
    status = print(name, help, size, stream != NULL && fclose(stream) == 0);
    free(help);
    return status;
}

/*
 * What --help, --usage and --version do. argp's own would exit, or, told not to, would go on as if
 * nothing had been asked for.
 */
static error_t parse_common(int key, char *argument, struct argp_state *state)
{
    static const char version[] = "k3thread " K3THREAD_VERSION "\n";
    const char       *command = command_of(state);
    int               status;

    (void) argument;
    switch (key) {
    case ARGP_KEY_INIT:
        state->err_stream = NULL; /* argp's hint has the wrong name in it; see command_parse() */
        return 0;
    case KEY_HELP:
    case KEY_HELP_TOO:
        status = print_help(state->root_argp, ARGP_HELP_STD_HELP, command);
        break;
    case KEY_USAGE:
        status = print_help(state->root_argp, ARGP_HELP_USAGE, command);
        break;
    case KEY_VERSION:
        status = print(command, version, strlen(version), true);
        break;
    case ARGP_KEY_ARGS: /* which the command's own parser left over */
        return command_usage(state, "unexpected argument '%s'", state->argv[state->next]);
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return status == STATUS_DONE ? PARSED_DONE : PARSED_FAILED;
}

static const struct argp common_argp = {
    .options = command_common_options,
    .parser = parse_common,
};

static const struct argp_child common_child[] = {{&common_argp, 0, NULL, 0}, {0}};

static int status_of_parse(error_t error, const char *usage_name)
{
    switch (error) {
    case 0:
        return GO_ON;
    case PARSED_DONE:
        return STATUS_DONE;
    case PARSED_FAILED:
        return STATUS_FAILED;
    case PARSED_REFUSED:
        return STATUS_USAGE;
    case ENOMEM:
        message_print(NULL, "MemoryError", "out of memory");
        return STATUS_FAILED;
    default:
        (void) fprintf(stderr, "Try '%s --help' for more.\n", usage_name);
        return STATUS_USAGE;
    }
}

/* A stream's way of writing to REPORT, a text, which remembers whether it had memory. */
static ssize_t append_report(void *report, const char *data, size_t size)
{
    text_append(report, data, size);
    return (ssize_t) size;
}

/* The line in REPORT, if any, as it may be shown. */
static error_t show_report(const struct text *report)
{
    struct text line = {.failed = report->failed};
    bool        failed;

    if (report->size > 0) {
        text_add_escaped(&line, report->data, report->size - 1);
        text_add(&line, "\n");
    }
    failed = line.failed;
    if (!failed && line.size > 0)
        (void) output_write(STDERR_FILENO, line.data, line.size);
    text_release(&line);
    return failed ? ENOMEM : 0;
}

/*
 * getopt writes to the stream stderr, with whatever bytes the unknown option has; glibc lets that
 * be another one. Nothing else that is called by the parsers writes to it. A memory stream would
 * take and clear its buffer before there is a word to write.
 */
static error_t parse_escaped(const struct argp *argp, int count, char **words, unsigned flags,
                             void *input)
{
    FILE       *given = stderr;
    struct text report = {0};
    FILE       *stream = fopencookie(&report, "w", (cookie_io_functions_t){.write = append_report});
    error_t     error, report_error;

    if (stream == NULL)
        return ENOMEM;
    stderr = stream;
    error = argp_parse(argp, count, words, flags, NULL, input);
    stderr = given;
    report_error = fclose(stream) == 0 ? show_report(&report) : ENOMEM;
    text_release(&report);
    return report_error != 0 ? report_error : error;
}

int command_parse(const struct argp *argp, unsigned flags, const char *name, int count,
                  char **words, void *input)
{
    struct argp whole = *argp;
    char       *given = words[0];
    struct text message_name = {0};
    char        usage_name[NAME_SIZE];
    error_t     error;

    message_add_origin(&message_name);
    text_printf(&message_name, name != NULL ? "k3thread: %s" : "k3thread", name);
    text_append(&message_name, "", 1);
    if (message_name.failed)
        return status_of_parse(ENOMEM, NULL);
    fill_usage_name(usage_name, sizeof(usage_name), name);
    whole.children = common_child;
    words[0] = message_name.data; /* getopt puts it before what it has to say */
    error = parse_escaped(&whole, count, words, flags | ARGP_NO_EXIT | ARGP_NO_HELP, input);
    words[0] = given;
    text_release(&message_name);
    return status_of_parse(error, usage_name);
}

error_t command_usage(const struct argp_state *state, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_vprint(command_of(state), NULL, format, arguments);
    va_end(arguments);
    return EINVAL;
}

error_t command_refuse(const struct argp_state *state, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_vprint(command_of(state), "ValueError", format, arguments);
    va_end(arguments);
    return PARSED_REFUSED;
}

error_t command_duration(const struct argp_state *state, const char *option, const char *text,
                         double *ret)
{
    if (duration_parse(text, ret) == 0)
        return 0;
    return command_refuse(state, "%s: '%s' is no time; seconds, or 200ms, 1.5s, 2m, 1h", option,
                          text);
}

static struct argp argp_of(const struct command *command)
{
    return (struct argp){
        .options = command->options,
        .parser = command->parse,
        .args_doc = command->arguments,
        .doc = command->doc,
    };
}

int command_print_help(const struct argp *argp, const char *name)
{
    struct argp whole = *argp;

    whole.children = common_child;
    return print_help(&whole, ARGP_HELP_STD_HELP, name);
}

int command_explain(const struct argp *argp)
{
    struct argp whole = *argp;

    whole.children = common_child;
    argp_help(&whole, stderr, ARGP_HELP_STD_HELP, "k3thread");
    return STATUS_USAGE;
}

int command_print_own_help(const struct command *command)
{
    struct argp argp = argp_of(command);

    return command_print_help(&argp, command->name);
}

/* Running */

static int resolve_place(struct call *call)
{
    struct session *session = call->session;
    char           *why = NULL;
    int             error;

    if (session->place.socket != NULL)
        return GO_ON;
    error = place_resolve(&session->place, session->label, session->socket, &why);
    if (error == 0)
        return GO_ON;
    if (error == -EINVAL)
        command_fail(call, STATUS_USAGE, "ValueError", "%s", why != NULL ? why : strerror(-error));
    else
        command_fail(call, STATUS_FAILED, NULL, "%s", why != NULL ? why : strerror(-error));
    free(why);
    return error == -EINVAL ? STATUS_USAGE : STATUS_FAILED;
}

static int connect_client(struct call *call)
{
    struct session *session = call->session;
    unsigned        flags = 0;

    if ((call->command->flags & COMMAND_STARTS) && !session->scripted)
        flags |= CLIENT_START;
    if (session->socket != NULL)
        flags |= CLIENT_ANY_USER;
    if (client_open(&session->client, &session->place, flags) != 0)
        return command_failed(call);
    return GO_ON;
}

/* What the flags of the command ask for. */
static int set_up(struct call *call)
{
    unsigned flags = call->command->flags;
    int      status = GO_ON;

    if (flags & (COMMAND_PLACE | COMMAND_CONNECTS | COMMAND_STARTS))
        status = resolve_place(call);
    if (status == GO_ON && (flags & (COMMAND_CONNECTS | COMMAND_STARTS)))
        status = connect_client(call);
    return status;
}

int command_execute(struct session *session, int count, char **words)
{
    struct call call = {.command = command_find(words[0]), .session = session};
    struct argp argp;
    unsigned    order;
    int         status;

    if (call.command == NULL)
        return command_unknown(words[0]);
    call.options = calloc(1, call.command->options_size + 1);
    if (call.options == NULL)
        return command_fail(&call, STATUS_FAILED, "MemoryError", "out of memory");
    argp = argp_of(call.command);
    order = (call.command->flags & COMMAND_IN_ORDER) ? ARGP_IN_ORDER : 0;
    status = command_parse(&argp, order, call.command->name, count, words, call.options);
    if (status == GO_ON)
        status = set_up(&call);
    if (status == GO_ON)
        status = call.command->run(&call);
    if (call.command->release != NULL)
        call.command->release(call.options);
    free(call.options);
    return status;
}

int command_fail(const struct call *call, int status, const char *type, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    message_vprint(call->command->name, type, format, arguments);
    va_end(arguments);
    return status;
}

int command_failed(const struct call *call)
{
    const struct failure *failure = &call->session->client.failure;

    if (failure->message.failed)
        message_print(call->command->name, "MemoryError", "out of memory");
    else
        message_print(call->command->name, failure->type, "%.*s", (int) failure->message.size,
                      failure->message.data);
    return failure->status;
}

int command_print(const struct call *call, const struct text *text)
{
    return print(call->command->name, text->data, text->size, !text->failed);
}

void session_release(struct session *session)
{
    client_close(&session->client);
    place_release(&session->place);
}
