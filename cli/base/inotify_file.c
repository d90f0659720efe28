#include "cli/base/inotify_file.h"

#include "cli/base/descriptors.h"
#include "cli/base/inotify_block.h"

#include <errno.h>

/* Watches PATH for EVENTS. A missing file needs no watch, because its directory has one. */
static int add_watch(int *inotify, const char *path, uint32_t events)
{
    int watch = *inotify >= 0 ? inotify_add_watch(*inotify, path, events) : -1;

    if (watch < 0 && *inotify >= 0 && (errno != ENOENT || events != IN_MODIFY))
        descriptors_close(inotify);
    return watch;
}

/* The directory comes first: a file that is made between the two watches is seen by one of them. */
int inotify_file_watch(int *inotify, char *path)
{
    char *slash = strrchr(path, '/');

    if (slash != NULL) {
        *slash = '\0';
        (void) add_watch(inotify, slash > path ? path : "/", INOTIFY_DIRECTORY);
        *slash = '/';
    }
    return add_watch(inotify, path, IN_MODIFY);
}
