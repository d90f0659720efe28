#include "cli/commands/completion_words.h"

#include "cli/base/exceptions.h"
#include "cli/base/need_word.h"
#include "cli/base/probe_kinds.h"
#include "cli/commands/command.h"
#include "cli/commands/command_line.h"
#include "cli/commands/host_words.h"
#include "cli/commands/manual.h"
#include "cli/commands/option_list.h"
#include "cli/commands/program_options.h"
#include "cli/place/socket_path.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/protocol.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void add_word(struct text *text, const char *word)
{
    text_append(text, word, strlen(word) + 1);
}

static void add_commands(struct text *text)
{
    const struct command *command;

    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        add_word(text, command->name);
}

static void add_options(struct text *text, const struct argp_option *list)
{
    const struct argp_option *option;

    for (option = option_first(list); option != NULL; option = option_next(option)) {
        if (option->flags & OPTION_HIDDEN || option->name == NULL)
            continue;
        text_add(text, "--");
        add_word(text, option->name);
    }
}

/* Adds the program's own options, which have only letters. */
static void add_program_options(struct text *text)
{
    const struct argp_option *option = option_first(program_argp.options);

    for (; option != NULL; option = option_next(option)) {
        const char word[] = {'-', (char) option->key, '\0'};

        add_word(text, word);
    }
}

static bool is_true(const json_t *thread, const char *member)
{
    return json_is_true(json_object_get(thread, member));
}

static bool is_live(const json_t *thread)
{
    return !json_is_number(json_object_get(thread, "ended"));
}

/* Returns true if a command with FLAGS takes THREAD. */
static bool is_taken(const json_t *thread, unsigned flags)
{
    return ((flags & COMMAND_NOT_LIVE) == 0 || !is_live(thread)) &&
           ((flags & COMMAND_TTY) == 0 || is_true(thread, "tty")) &&
           ((flags & COMMAND_INPUT) == 0 || is_true(thread, "input"));
}

/* Returns the thread that each name means, by the names: the live thread of that name, else the newest. */
static json_t *by_names(const json_t *threads)
{
    json_t       *meant = json_object();
    const json_t *thread;
    size_t        i;

    json_array_foreach((json_t *) threads, i, thread) {
        char         *name = NULL;
        const json_t *other;

        if (bytes_from_json(json_object_get(thread, "name"), &name) == 0) {
            other = json_object_get(meant, name);
            if (other == NULL || !is_live(other))
                (void) json_object_set_nocheck(meant, name, (json_t *) thread);
        }
        free(name);
    }
    return meant;
}

/*
 * Adds each name that means a thread which a command with FLAGS takes. Adds "web/" too if the command takes threads
 * inside a process, and the process of web can name such.
 */
static void add_threads(struct text *text, const json_t *threads, unsigned flags)
{
    json_t     *meant = by_names(threads);
    const char *name;
    json_t     *thread;

    json_object_foreach(meant, name, thread) {
        if (!is_taken(thread, flags))
            continue;
        add_word(text, name);
        if ((flags & COMMAND_INNER) != 0 && is_true(thread, "attached")) {
            text_add(text, name);
            add_word(text, "/");
        }
    }
    json_decref(meant);
}

/* Adds each name, and each name with each condition. */
static void add_needs(struct text *text, const json_t *threads)
{
    struct text names = {0};

    add_threads(&names, threads, 0);
    for (size_t at = 0; at < names.size; at += strlen(names.data + at) + 1) {
        add_word(text, names.data + at);
#define X(name, suffix)                                                                            \
    text_add(text, names.data + at);                                                               \
    add_word(text, suffix);
        NEED_CONDITIONS(X)
#undef X
    }
    text->failed |= names.failed;
    text_release(&names);
}

/* Adds the names of the supervisors that have a socket in the user's own directory. */
static void add_labels(struct text *text)
{
    static const char    suffix[] = SOCKET_SUFFIX;
    struct text          path = {0};
    DIR                 *directory;
    const struct dirent *entry;

    socket_path_add_directory(&path);
    text_byte(&path, '\0', 1);
    directory = path.failed ? NULL : opendir(path.data);
    while (directory != NULL && (entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name);

        if (length < sizeof(suffix) || strcmp(entry->d_name + length - strlen(suffix), suffix) != 0)
            continue;
        text_append(text, entry->d_name, length - strlen(suffix));
        text_append(text, "", 1);
    }
    if (directory != NULL)
        closedir(directory);
    text_release(&path);
}

/*
 * Adds the exceptions, and those among LISTED that a process has published. Adds the names of signals also without
 * SIG, as kill(1) accepts them.
 */
static void add_exceptions(struct text *text, const json_t *listed)
{
    const k3thread_exctype *type;
    const json_t           *other;
    size_t                  i;

    for (i = 0; (type = exceptions_at(i)) != NULL; i++)
        add_word(text, type->name);
    json_array_foreach((json_t *) listed, i, other) {
        const char *name = json_string_value(json_object_get(other, "name"));

        if (name != NULL && exceptions_find(name) == NULL)
            add_word(text, name);
    }
    for (i = 0; (type = exceptions_at(i)) != NULL; i++)
        if (exceptions_signal(type) != 0)
            add_word(text, type->name + strlen("SIG"));
}

static void add_signals(struct text *text)
{
    const k3thread_exctype *type;

    for (size_t i = 0; (type = exceptions_at(i)) != NULL; i++)
        if (exceptions_signal(type) != 0)
            add_word(text, type->name);
}

static void add_list(struct text *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_word(text, words[i]);
}

#define ADD_WORDS(text, ...)                                                                       \
    add_list(text, (const char *const[]){__VA_ARGS__},                                             \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

/* Adds the words of KIND if they are always the same. */
static void add_fixed(struct text *text, enum complete_kind kind)
{
    switch (kind) {
    case COMPLETE_SHELL:
        ADD_WORDS(text, "bash", "zsh", "fish");
        break;
    case COMPLETE_POLICY:
        ADD_WORDS(text, "never", "on-failure", "always");
        break;
    case COMPLETE_PROBE:
#define X(kind, prefix, syntax) prefix,
        ADD_WORDS(text, PROBE_KINDS(X));
#undef X
        break;
    case COMPLETE_PROBE_LATER:
#define X(kind, prefix, syntax) prefix,
        ADD_WORDS(text, PROBE_KINDS_LATER(X));
#undef X
        break;
    case COMPLETE_LEAKS:
        ADD_WORDS(text, "warn", "fail");
        break;
    case COMPLETE_SLOTS:
        add_word(text, PROTOCOL_SLOTS_NONE);
        break;
    default:
        break;
    }
}

void complete_add(struct text *text, enum complete_kind kind, const struct command *command,
                  const json_t *listed)
{
    const struct manual_page *page;

    switch (kind) {
    case COMPLETE_COMMAND:
        add_commands(text);
        break;
    case COMPLETE_TOPIC:
        add_commands(text);
        for (size_t i = 0; (page = manual_at(i)) != NULL; i++)
            add_word(text, page->topic);
        break;
    case COMPLETE_OPTION:
        if (command != NULL)
            add_options(text, command->options);
        else
            add_program_options(text);
        add_options(text, command_common_options);
        break;
    case COMPLETE_THREAD:
        add_threads(text, listed, command->flags);
        break;
    case COMPLETE_NEED:
        add_needs(text, listed);
        break;
    case COMPLETE_LABEL:
        add_labels(text);
        break;
    case COMPLETE_HOST:
        host_words_add(text);
        break;
    case COMPLETE_EXCEPTION:
        add_exceptions(text, listed);
        break;
    case COMPLETE_SIGNAL:
        add_signals(text);
        break;
    default:
        add_fixed(text, kind);
    }
}

/* Returns the option WORD of COMMAND, or of the program if COMMAND is NULL. */
static const struct argp_option *find_option(const struct command *command, const char *word)
{
    const char               *name = word + strlen("--");
    const struct argp_option *option = NULL;

    if (word[1] != '-')
        return option_find_letter(program_argp.options, word[1]);
    if (command != NULL)
        option = option_find(command->options, name, strlen(name));
    return option != NULL ? option : option_find(command_common_options, name, strlen(name));
}

void complete_describe(struct text *text, enum complete_kind kind, const struct command *command,
                       const char *word)
{
    const struct command     *other;
    const struct manual_page *page;
    const struct argp_option *option;

    if (kind == COMPLETE_COMMAND || kind == COMPLETE_TOPIC) {
        other = command_find(word);
        page = other == NULL ? manual_find(word) : NULL;
        if (other != NULL)
            text_append(text, other->doc, strcspn(other->doc, "\v"));
        else if (page != NULL)
            text_add(text, page->summary);
    } else if (kind == COMPLETE_OPTION) {
        option = find_option(command, word);
        if (option != NULL && option->doc != NULL)
            text_add(text, option->doc);
    }
}
