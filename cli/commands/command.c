#include "cli/commands/command.h"

#include <string.h>

static const struct command *const table[] = {
#define X(name) &command_##name,
    COMMANDS(X)
#undef X
};

#define TABLE_SIZE (sizeof(table) / sizeof(table[0]))

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
