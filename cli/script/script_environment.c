#include "cli/script/script_environment.h"

#include "cli/base/variable.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKET "K3THREAD_SOCKET"

/* The variables that a script does not get from its environment. */
static const char *const removed[] = {
#define X(name, word) word,
    OWN_VARIABLES(X)
#undef X
};

#define REMOVED_COUNT (sizeof(removed) / sizeof(removed[0]))

/* Returns true if the script gets VARIABLE as it is. */
static bool is_kept(const char *variable)
{
    for (size_t i = 0; i < REMOVED_COUNT; i++)
        if (variable_value(variable, removed[i], strlen(removed[i])) != NULL)
            return false;
    return true;
}

char **script_environment(const struct place *place, const struct variables *variables)
{
    char **all = variables_merge(environ, &variables, variables != NULL ? 1 : 0);
    size_t count = 0, kept = 0;
    char **copy;

    while (all != NULL && all[count] != NULL)
        count++;
    copy = all != NULL ? calloc(count + 2, sizeof(*copy)) : NULL;
    if (copy == NULL || asprintf(&copy[kept++], SOCKET "=%s", place->socket) < 0) {
        free(copy);
        free(all);
        return NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (is_kept(all[i]))
            copy[kept++] = all[i];
    free(all);
    return copy;
}

int script_environment_set(const struct place *place, const struct variables *variables)
{
    char **environment = script_environment(place, variables);

    if (environment == NULL)
        return -ENOMEM;
    environ = environment;
    return 0;
}

/* The first string, with the socket, is the only one that was allocated: the others are borrowed. */
void script_environment_release(char **environment)
{
    if (environment != NULL)
        free(environment[0]);
    free(environment);
}
