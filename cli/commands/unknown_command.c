#include "cli/commands/unknown_command.h"

#include "cli/base/status.h"
#include "cli/base/suggest.h"
#include "cli/commands/command.h"
#include "cli/view/message.h"

#include <string.h>

/* Returns the command to use instead of NAME, a command of other tools or of shells; or NULL. */
static const char *find_equivalent(const char *name)
{
    static const char *const words[][2] = {
        {"stop", "'raise'"},
        {"kill", "'raise'"},
        {"ps", "'list'"},
        {"status", "'list'"},
        {"jobs", "'list'"},
        {"wait", "'join'"},
        {"fg", "'join', or 'start --wait'"},
        {"rm", "'clear'"},
        {"exec", "'start'"},
        {"add", "'start'"},
        {"queue", "'start'"},
        {"up", "'start'"},
        {"bg", "'start'"},
        {"down", "'shutdown'"},
        {"tail", "'logs -f'"},
        {"export", "'start --env NAME=VALUE'"},
        {"cd", "'start --directory DIR'"},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i][0], name) == 0)
            return words[i][1];
    return NULL;
}

/*
 * Returns the byte behind the name at the beginning of WORD; NUL if there is no such name or byte.
 */
static char byte_after_name(const char *word)
{
    size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

    return length > 0 ? word[length] : '\0';
}

/* Returns advice about WORD, which resembles no command. */
static const char *advise(const char *word)
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

int unknown_command_report(const char *name)
{
    struct suggestion     suggestion = {.word = name};
    const struct command *command;
    const char           *ours = find_equivalent(name);

    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        suggest_consider(&suggestion, command->name);
    if (ours != NULL)
        message_print(NULL, NULL, "no command '%s'; use %s", name, ours);
    else if (suggestion.nearest != NULL && byte_after_name(name) == '\0')
        message_print(NULL, NULL, "no command '%s'; did you mean '%s'?", name, suggestion.nearest);
    else
        message_print(NULL, NULL, "no command '%s'; %s", name, advise(name));
    return STATUS_USAGE;
}
