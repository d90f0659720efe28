#include "cli/commands/completion_words.h"

#include "cli/base/exceptions.h"
#include "cli/base/need_word.h"
#include "cli/base/probe_kinds.h"
#include "cli/commands/command.h"
#include "cli/commands/command_line.h"
#include "cli/commands/host_words.h"
#include "cli/commands/manual.h"
#include "cli/commands/option_list.h"
#include "cli/place/socket_path.h"
#include "cli/rpc/bytes.h"
#include "cli/rpc/protocol.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The bytes that may surround the name of an argument in a usage. */
#define AROUND "[]."

static const struct {
    enum complete_kind kind;
    const char        *words;
} kinds[] = {
#define X(name, words) {COMPLETE_##name, words},
    COMPLETE_KINDS(X)
#undef X
};

/*
 * Returns true if the LENGTH bytes at WORD are one of the words in LIST, which are separated by
 * blanks.
 */
static bool is_listed(const char *list, const char *word, size_t length)
{
    while (*list != '\0') {
        size_t size = strcspn(list, " ");

        if (size == length && strncmp(list, word, length) == 0)
            return true;
        list += size + strspn(list + size, " ");
    }
    return false;
}

/*
 * Returns the kind of the word that a usage names by the LENGTH bytes at NAME: "[THREAD...]" or the
 * like.
 */
static enum complete_kind kind_of(const char *name, size_t length)
{
    while (length > 0 && strchr(AROUND, name[0]) != NULL) {
        name++;
        length--;
    }
    while (length > 0 && strchr(AROUND, name[length - 1]) != NULL)
        length--;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (is_listed(kinds[i].words, name, length))
            return kinds[i].kind;
    return COMPLETE_NOTHING;
}

/*
 * Offers the conditions of a need only if VALUE has the name already: most needs have no condition. Offers --until
 * only the probes that can begin to look at a command that runs.
 */
enum complete_kind complete_kind_of_option(const struct argp_option *option, const char *value)
{
    enum complete_kind kind =
        option->arg != NULL ? kind_of(option->arg, strlen(option->arg)) : COMPLETE_NOTHING;

    if (kind == COMPLETE_PROBE && strcmp(option->name, "until") == 0)
        return COMPLETE_PROBE_LATER;
    return kind == COMPLETE_NEED && strchr(value, ':') == NULL ? COMPLETE_THREAD : kind;
}

/* Arguments */

/* Returns true if the option in the LENGTH bytes at OPTION is among WORDS, perhaps with "=" and an argument. */
static bool is_given(const char *option, size_t length, char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(words[i], option, length) == 0 &&
            (words[i][length] == '\0' || words[i][length] == '='))
            return true;
    return false;
}

/*
 * Returns the line of the usage for the words before the cursor: the line that begins with an
 * option among these words ("--all [EXCEPTION]", "--call=LIBRARY:FUNCTION [ARGUMENT...]"), else the first line.
 */
static const char *find_usage(const struct command *command, char *const *words, size_t count)
{
    const char *line = command->arguments;

    for (; line != NULL && line[0] != '\0'; line += strcspn(line, "\n"), line += line[0] == '\n') {
        size_t length = strcspn(line, " =\n");

        if (line[0] == '-' && is_given(line, length, words, count))
            return line + strcspn(line, " \n");
    }
    return command->arguments != NULL ? command->arguments : "";
}

/*
 * Returns the kind of argument INDEX (from 0) of COMMAND. The COUNT WORDS before it may hold an
 * option that selects another line of the usage.
 */
static enum complete_kind kind_of_argument(const struct command *command, size_t index,
                                           char *const *words, size_t count)
{
    const char        *line = find_usage(command, words, count);
    size_t             size = strcspn(line, "\n"), length;
    enum complete_kind kind = COMPLETE_NOTHING;

    for (const char *end = line + size; line < end; line += length) {
        line += strspn(line, " ");
        length = strcspn(line, " \n");
        if (length == 0 || line[0] == '-' || strncmp(line, "[--]", length) == 0)
            continue;
        kind = kind_of(line, length);
        if (index-- == 0)
            return kind;
        if (memmem(line, length, "...", 3) != NULL)
            return kind;
        kind = COMPLETE_NOTHING;
    }
    return kind;
}

/* Options */

static bool wants_argument(const struct argp_option *option)
{
    return option != NULL && option->arg != NULL && !(option->flags & OPTION_ARG_OPTIONAL);
}

/* Returns the option in WORD (which begins with '-') whose argument is the next word, or NULL. */
static const struct argp_option *find_open_option(const struct command *command, const char *word)
{
    const struct argp_option *option = NULL;

    if (word[1] == '-') {
        if (strchr(word, '=') == NULL)
            option = option_find(command->options, word + 2, strlen(word + 2));
        return wants_argument(option) ? option : NULL;
    }
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        option = option_find_letter(command->options, *letter);
        if (wants_argument(option))
            return letter[1] == '\0' ? option : NULL; /* its argument is in this word */
    }
    return NULL;
}

enum complete_kind complete_kind_at(char *const *words, size_t count, const char *current,
                                    const struct command **ret_command)
{
    const struct command     *command = count > 0 ? command_find(words[0]) : NULL;
    const struct argp_option *open = NULL;
    size_t                    arguments = 0;
    bool                      only_arguments = false;

    *ret_command = command;
    if (command == NULL)
        return count == 0 ? COMPLETE_COMMAND : COMPLETE_NOTHING;
    for (size_t i = 1; i < count; i++) {
        bool is_option = !only_arguments && open == NULL && words[i][0] == '-' && words[i][1];

        if (is_option && strcmp(words[i], "--") == 0)
            only_arguments = true;
        else if (!is_option && open == NULL)
            arguments++;
        open = is_option ? find_open_option(command, words[i]) : NULL;
        if (arguments > 0 && (command->flags & COMMAND_IN_ORDER))
            only_arguments = true;
    }
    if (open != NULL)
        return complete_kind_of_option(open, current);
    if (!only_arguments && current[0] == '-')
        return COMPLETE_OPTION;
    return kind_of_argument(command, arguments, words, count);
}

/* Words */

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
        add_options(text, command->options);
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
        const char *name = word + strlen("--");

        option = option_find(command->options, name, strlen(name));
        if (option == NULL)
            option = option_find(command_common_options, name, strlen(name));
        if (option != NULL && option->doc != NULL)
            text_add(text, option->doc);
    }
}
