#include "cli/commands/command_line.h"

#include "cli/base/libc.h"
#include "cli/base/status.h"
#include "cli/base/text.h"
#include "cli/commands/arguments.h"
#include "cli/commands/report.h"
#include "cli/view/message.h"
#include "cli/view/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Room for "k3thread: " and a command's name. */
#define NAME_SIZE 64

/* A result of command_parse() that is no exit status: the work can go on. */
#define GO_ON (-1)

enum { KEY_HELP = 'h', KEY_HELP_TOO = '?', KEY_VERSION = 'V', KEY_USAGE = 256 };

const struct argp_option command_common_options[] = {
    {"help", KEY_HELP, NULL, 0, "Show this help", -1},
    {"usage", KEY_USAGE, NULL, 0, "Show a short usage", -1},
    {"version", KEY_VERSION, NULL, 0, "Show the version", -1},
    {NULL, KEY_HELP_TOO, NULL, OPTION_HIDDEN, NULL, -1},
    {0},
};

/*
 * Fills in the name for a usage, "k3thread start". For a message the name is another: "k3thread: start: …".
 */
static void fill_usage_name(char *ret, size_t size, const char *name)
{
    (void) snprintf(ret, size, name != NULL ? "k3thread %s" : "k3thread", name);
}

/* Appends to TEXT. Need not report that memory is lacking: text->failed shows it. */
static ssize_t append(void *text, const char *data, size_t size)
{
    text_append(text, data, size);
    return (ssize_t) size;
}

/*
 * Returns a stream that appends to TEXT, or NULL if memory is lacking. open_memstream(3) would
 * allocate and clear a buffer even if nothing is written.
 */
static FILE *open_stream(struct text *text)
{
    return fopencookie(text, "w", (cookie_io_functions_t){.write = append});
}

/* Prints argp's help for the command NAME. FLAGS are the flags of argp_help(). */
static int print_help(const struct argp *argp, unsigned flags, const char *name)
{
    char        usage_name[NAME_SIZE];
    struct text help = {0};
    FILE       *stream = open_stream(&help);
    int         status;

    fill_usage_name(usage_name, sizeof(usage_name), name);
    if (stream != NULL)
        argp_help(argp, stream, flags, usage_name);
    help.failed |= stream == NULL || fclose(stream) != 0;
    status = report_print(name, &help);
    text_release(&help);
    return status;
}

static int print_version(const char *name)
{
    struct text version = {0};
    int         status;

    text_add(&version, "k3thread " K3THREAD_VERSION "\n");
    status = report_print(name, &version);
    text_release(&version);
    return status;
}

/*
 * Handles --help, --usage and --version. argp's own options exit; with ARGP_NO_EXIT the parser
 * would go on as if these options were not given.
 */
static error_t parse_common(int key, char *argument, struct argp_state *state)
{
    const char *name = command_of(state);
    int         status;

    (void) argument;
    switch (key) {
    case ARGP_KEY_INIT:
        state->err_stream = NULL; /* argp's own hint would show the wrong name */
        return 0;
    case KEY_HELP:
    case KEY_HELP_TOO:
        status = print_help(state->root_argp, ARGP_HELP_STD_HELP, name);
        break;
    case KEY_USAGE:
        status = print_help(state->root_argp, ARGP_HELP_USAGE, name);
        break;
    case KEY_VERSION:
        status = print_version(name);
        break;
    case ARGP_KEY_ARGS: /* arguments that the command's parser did not take */
        return command_usage(state, "unexpected argument '%s'", state->argv[state->next]);
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return status == STATUS_DONE ? ARGUMENTS_DONE : ARGUMENTS_FAILED;
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
    case ARGUMENTS_DONE:
        return STATUS_DONE;
    case ARGUMENTS_FAILED:
        return STATUS_FAILED;
    case ARGUMENTS_REFUSED:
        return STATUS_USAGE;
    case ENOMEM:
        message_no_memory(NULL);
        return STATUS_FAILED;
    default:
        (void) fprintf(stderr, "Try '%s --help' for more.\n", usage_name);
        return STATUS_USAGE;
    }
}

/* An option of other tools, as getopt's message names it, and the advice what to use instead. */
#define GROUP_MESSAGE "unrecognized option '--group"
#define GROUP_ADVICE                                                                               \
    "; give the threads of a group names with the same beginning: the pattern 'web-*' means them " \
    "all"

static bool has_bytes(const struct text *report, const char *bytes)
{
    return memmem(report->data, report->size, bytes, strlen(bytes)) != NULL;
}

/* Returns true if REPORT, a message of getopt, refuses an option --group. */
static bool names_group(const struct text *report)
{
    return has_bytes(report, GROUP_MESSAGE "'") || has_bytes(report, GROUP_MESSAGE "=");
}

/* Prints the line in REPORT, if there is one, with its control characters escaped. */
static error_t show_report(const struct text *report)
{
    struct text line = {.failed = report->failed};
    bool        failed;

    if (report->size > 0) {
        text_add_escaped(&line, report->data, report->size - 1);
        if (names_group(report))
            text_add(&line, GROUP_ADVICE);
        text_add(&line, "\n");
    }
    failed = line.failed;
    if (!failed && line.size > 0)
        (void) output_write(STDERR_FILENO, line.data, line.size);
    text_release(&line);
    return failed ? ENOMEM : 0;
}

/*
 * Parses, and escapes getopt's messages. getopt writes to the stream stderr, and repeats an unknown
 * option byte by byte. So another stream is put in the place of stderr; no other function that the
 * parsers call writes to it.
 */
static error_t parse_escaped(const struct argp *argp, int count, char **words, unsigned flags,
                             void *input)
{
    FILE       *given = LIBC_PARSER_STREAM;
    struct text report = {0};
    FILE       *stream = open_stream(&report);
    error_t     error, report_error;

    if (stream == NULL)
        return ENOMEM;
    LIBC_PARSER_STREAM = stream;
    error = argp_parse(argp, count, words, flags, NULL, input);
    LIBC_PARSER_STREAM = given;
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
    words[0] = message_name.data; /* getopt's messages begin with it */
    error = parse_escaped(&whole, count, words, flags | ARGP_NO_EXIT | ARGP_NO_HELP, input);
    words[0] = given;
    text_release(&message_name);
    return status_of_parse(error, usage_name);
}

struct argp command_argp(const struct command *command)
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
