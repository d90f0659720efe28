#include "cli/directory.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A umask that takes bits from the owner would lock him out of his own directory for good. */
int directory_make(const char *path)
{
    mode_t mask = umask(077);
    int    error = mkdir(path, 0700) < 0 ? -errno : 0;

    umask(mask);
    return error;
}

int directory_make_new(char *template)
{
    mode_t mask = umask(077);
    int    error = mkdtemp(template) == NULL ? -errno : 0;

    umask(mask);
    return error;
}

int directory_make_parents(char *path)
{
    int error = 0;

    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        error = directory_make(path);
        *slash = '/';
        if (error != 0 && error != -EEXIST)
            break;
    }
    return error == -EEXIST ? 0 : error;
}

int directory_make_all(const char *path)
{
    int   error = directory_make(path);
    char *copy;

    if (error != -ENOENT)
        return error == -EEXIST ? 0 : error;
    copy = strdup(path);
    if (copy == NULL)
        return -ENOMEM;
    error = directory_make_parents(copy);
    if (error == 0)
        error = directory_make(path);
    free(copy);
    return error == -EEXIST ? 0 : error;
}

bool directory_is_own(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & 022) == 0 && access(path, W_OK | X_OK) == 0;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void) info;
    (void) type;
    (void) walk;
    (void) remove(path); /* what stays is named by the directory that stays */
    return 0;
}

/* Without FTW_MOUNT: on an overlay, a container's /tmp, it takes each file for another mount's. */
void directory_remove(const char *directory)
{
    (void) nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
