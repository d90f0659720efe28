/*
 * completion: prints a script that makes a shell complete the words of k3thread.
 *
 * The scripts do not know the commands. Whenever the user presses the tab key, they pass the words
 * to `completion --at`, which finds the candidates in the table of commands. The first line of its output
 * gives the kind of completion (words, files, directories, programs, nothing). The words follow, each with
 * its meaning behind a tab. The scripts are the files etc/completion/k3thread.*.
 */
#include "cli/commands/arguments.h"
#include "cli/commands/command.h"
#include "cli/commands/completion_ask.h"
#include "cli/commands/completion_scripts.h"
#include "cli/commands/completion_words.h"
#include "cli/commands/option_list.h"
#include "cli/commands/report.h"

#include <string.h>

struct completion_options {
    const char *shell;
    bool        at;
    char      **words; /* for --at: the words behind the program's name, the last at the cursor */
    size_t      count;
};

enum { KEY_AT = 256 };

static const struct argp_option options[] = {
    {"at", KEY_AT, NULL, OPTION_HIDDEN, NULL, 0},
    {0},
};

static const struct {
    const char *name, *script;
} shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};

static const char *find_script(const char *shell)
{
    for (size_t i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
        if (strcmp(shells[i].name, shell) == 0)
            return shells[i].script;
    return NULL;
}

static error_t check_words(struct completion_options *o, const struct argp_state *state)
{
    if (o->at)
        return o->count > 0 ? 0 : command_usage(state, "--at needs the words of a command line");
    if (o->count != 1)
        return command_usage(state, "give one shell: bash, zsh or fish");
    o->shell = o->words[0];
    if (find_script(o->shell) == NULL)
        return command_refuse(state, "no completion for '%s'; bash, zsh and fish have one",
                              o->shell);
    return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct completion_options *o = state->input;

    (void) argument;
    switch (key) {
    case KEY_AT:
        o->at = true;
        return 0;
    case ARGP_KEY_ARGS:
        o->words = state->argv + state->next;
        o->count = (size_t) (state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        return check_words(o, state);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The words at the cursor */

/* The command line up to the cursor. */
struct cursor {
    char                **words; /* the command and its words, up to the cursor */
    size_t                count;
    struct text           prefix; /* "--name=", if that option's argument is completed */
    enum complete_kind    kind;
    const struct command *command;
};

/*
 * Steps over the program's own options. Returns false if the word at the cursor belongs to them;
 * its kind is then in cursor->kind.
 */
static bool skip_program_options(struct cursor *cursor, struct session *session)
{
    while (cursor->count > 1 && cursor->words[0][0] == '-') {
        char        letter = cursor->words[0][1];
        const char *value = cursor->words[0] + 2;
        size_t      used = 1;

        if (letter != '\0' && strchr("LSH", letter) != NULL && *value == '\0') {
            cursor->kind = letter == 'S'   ? COMPLETE_FILE
                           : letter == 'L' ? COMPLETE_LABEL
                                           : COMPLETE_HOST;
            if (cursor->count == 2)
                return false;
            value = cursor->words[1];
            used = 2;
        }
        if (letter == 'L')
            session->label = value;
        if (letter == 'S')
            session->socket = value;
        if (letter == 'H')
            session->host_option = value;
        cursor->words += used;
        cursor->count -= used;
    }
    return true;
}

/*
 * Handles "--ready=tcp:": completes the option's argument, and puts "--ready=" before each
 * candidate.
 */
static bool split_option(struct cursor *cursor, const char *current)
{
    const char               *equals = strchr(current, '=');
    const char               *name = current + strlen("--");
    const struct argp_option *option;

    if (cursor->kind != COMPLETE_OPTION || equals == NULL || equals < name)
        return false;
    cursor->kind = COMPLETE_NOTHING;
    option = option_find(cursor->command->options, name, (size_t) (equals - name));
    if (option != NULL)
        cursor->kind = complete_kind_of_option(option, equals + 1);
    text_append(&cursor->prefix, current, (size_t) (equals - current) + 1);
    return true;
}

static void find_kind(struct cursor *cursor, struct session *session)
{
    const char *current;

    if (!skip_program_options(cursor, session))
        return;
    current = cursor->words[cursor->count - 1];
    cursor->kind = COMPLETE_OPTION; /* of the program */
    if (cursor->count == 1 && current[0] == '-')
        return;
    cursor->kind = complete_kind_at(cursor->words, cursor->count - 1, current, &cursor->command);
    (void) split_option(cursor, current);
}

/* The output */

static const char *kind_word(enum complete_kind kind)
{
    switch (kind) {
    case COMPLETE_NOTHING:
        return "nothing";
    case COMPLETE_FILE:
        return "files";
    case COMPLETE_DIRECTORY:
        return "directories";
    case COMPLETE_PROGRAM:
        return "programs";
    case COMPLETE_COMMAND:
    case COMPLETE_OPTION:
    case COMPLETE_LABEL:
    case COMPLETE_HOST:
    case COMPLETE_THREAD:
    case COMPLETE_EXCEPTION:
    case COMPLETE_SHELL:
    case COMPLETE_TOPIC:
    case COMPLETE_POLICY:
    case COMPLETE_PROBE:
    case COMPLETE_PROBE_LATER:
    case COMPLETE_SIGNAL:
    case COMPLETE_NEED:
    case COMPLETE_SLOTS:
    case COMPLETE_LEAKS:
        break;
    }
    return "words";
}

static void add_reply(struct text *text, const struct cursor *cursor, const json_t *listed)
{
    struct text words = {0};

    text_printf(text, "%s\n", kind_word(cursor->kind));
    complete_add(&words, cursor->kind, cursor->command, listed);
    for (size_t at = 0; at < words.size; at += strlen(words.data + at) + 1) {
        const char *word = words.data + at;

        text_append(text, cursor->prefix.data, cursor->prefix.size);
        text_printf(text, "%s\t", word);
        complete_describe(text, cursor->kind, cursor->command, word);
        text_add(text, "\n");
    }
    text->failed |= words.failed || cursor->prefix.failed;
    text_release(&words);
}

static int answer(struct invocation *invocation)
{
    const struct completion_options *o = invocation->options;
    struct cursor                    cursor = {.words = o->words, .count = o->count};
    struct text                      text = {0};
    json_t                          *listed;
    int                              status;

    find_kind(&cursor, invocation->session);
    listed = complete_ask(invocation->session, cursor.kind, cursor.words, cursor.count - 1,
                          cursor.words[cursor.count - 1]);
    add_reply(&text, &cursor, listed);
    status = command_print(invocation, &text);
    json_decref(listed);
    text_release(&cursor.prefix);
    text_release(&text);
    return status;
}

static int run(struct invocation *invocation)
{
    const struct completion_options *o = invocation->options;
    struct text                      text = {0};
    int                              status;

    if (o->at)
        return answer(invocation);
    text_add(&text, find_script(o->shell));
    status = command_print(invocation, &text);
    text_release(&text);
    return status;
}

const struct command command_completion = {
    .name = "completion",
    .arguments = "SHELL",
    .doc = "Print a script that makes a shell complete these words\vSHELL is bash, zsh "
           "or fish. "
           "In bash: source <(k3thread completion bash)",
    .group = COMMAND_GROUP_HELP,
    .options = options,
    .options_size = sizeof(struct completion_options),
    .parse = parse,
    .run = run,
};
