#include "cli/worker/host_path.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST "k3thread-host"

/* Puts the directory of this program into RET, of PATH_MAX bytes; "" if it is not known. */
static void find_directory(char *ret)
{
    ssize_t size = readlink("/proc/self/exe", ret, PATH_MAX - 1);
    char   *slash;

    ret[size > 0 ? size : 0] = '\0';
    slash = strrchr(ret, '/');
    if (slash != NULL)
        *slash = '\0';
}

/* Returns the path of k3thread-host in PARENT/CHILD, if it can be executed there; or NULL. */
static char *executable(const char *parent, const char *child)
{
    char *path;

    if (asprintf(&path, "%s%s/" HOST, parent, child) < 0)
        return NULL;
    if (access(path, X_OK) == 0)
        return path;
    free(path);
    return NULL;
}

char *host_path_find(struct text *why)
{
    char  directory[PATH_MAX];
    char *path;

    find_directory(directory);
    path = executable(directory, "");
    if (path == NULL)
        path = executable(directory, "/../libexec/k3thread");
    if (path == NULL)
        path = executable("", LIBEXECDIR);
    if (path != NULL)
        return path;
    text_printf(
        why, "--call: " HOST " is neither in %s, nor in %s/../libexec/k3thread, nor in " LIBEXECDIR,
        directory, directory);
    return NULL;
}
