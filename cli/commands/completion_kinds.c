#include "cli/commands/completion_kinds.h"

#include "cli/commands/option_list.h"

#include <stdbool.h>
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
        if (strncmp(line, "[--]", length) == 0)
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
