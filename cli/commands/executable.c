#include "cli/commands/executable.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_executable(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && eaccess(path, X_OK) == 0;
}

static bool is_in_directory(const char *directory, size_t length, const char *name)
{
    char path[PATH_MAX];
    int  size = snprintf(path, sizeof(path), "%.*s/%s", (int) length, directory, name);

    return length > 0 && (size_t) size < sizeof(path) && is_executable(path);
}

static bool look(const char *name)
{
    const char *path = getenv("PATH");
    size_t      length;

    if (strchr(name, '/') != NULL)
        return is_executable(name);
    for (; path != NULL; path = path[length] != '\0' ? path + length + 1 : NULL) {
        length = strcspn(path, ":");
        if (length < PATH_MAX && is_in_directory(path, length, name))
            return true;
    }
    return false;
}

/*
 * Remembers the last command that was found, because a script often starts the same command many
 * times.
 */
bool executable_is_there(const char *name)
{
    static char known[NAME_MAX + 1];
    size_t      length = strlen(name);

    if (length > 0 && strcmp(name, known) == 0)
        return true;
    if (!look(name))
        return false;
    if (length < sizeof(known))
        memcpy(known, name, length + 1);
    return true;
}
