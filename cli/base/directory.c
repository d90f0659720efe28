#include "cli/base/directory.h"

#include "cli/base/freeing.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* The most names in the path of a socket. */
#define NAMES_MAX 128

/* From this size on, a file is freed beside others, because that takes longer than the start of a thread. */
#define LARGE (4 << 20)

/* Sets the umask, because a umask that takes bits from the owner would make the directory useless. */
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

/* Returns the directory that NAME stands in, followed by NAME: both without links and dots. */
static char *append_name(char *directory, const char *name)
{
    char *slash = strrchr(directory, '/');
    char *ret;

    if (name[0] == '\0' || strcmp(name, ".") == 0)
        return directory;
    if (strcmp(name, "..") == 0) {
        slash[slash == directory] = '\0';
        return directory;
    }
    if (asprintf(&ret, "%s/%s", slash[1] == '\0' ? "" : directory, name) < 0)
        ret = NULL;
    free(directory);
    return ret;
}

/* Resolves PATH for directory_resolve(). DEPTH limits the number of links and of missing names. */
static char *resolve(const char *path, int depth)
{
    char        target[PATH_MAX];
    const char *slash = strrchr(path, '/');
    char       *ret = realpath(path, NULL);
    char       *next;
    ssize_t     size;

    if (ret != NULL || depth == 0 || (errno != ENOENT && errno != ENOTDIR && errno != ELOOP))
        return ret;
    size = readlink(path, target, sizeof(target) - 1);
    target[size > 0 ? size : 0] = '\0';
    if (target[0] == '/')
        return resolve(target, depth - 1);
    if (size <= 0)
        next = strndup(path, (size_t) (slash - path) + (slash == path));
    else if (asprintf(&next, "%.*s/%s", (int) (slash - path), path, target) < 0)
        next = NULL;
    if (next != NULL)
        ret = resolve(next, depth - 1);
    free(next);
    return ret != NULL && size <= 0 ? append_name(ret, slash + 1) : ret;
}

char *directory_resolve(const char *path)
{
    return resolve(path, NAMES_MAX);
}

bool directory_is_own(const char *path)
{
    struct stat info;

    return lstat(path, &info) == 0 && S_ISDIR(info.st_mode) && info.st_uid == geteuid() &&
           (info.st_mode & 022) == 0 && access(path, W_OK | X_OK) == 0;
}

void directory_hold(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0)
        close(fd);
}

/*
 * The large files of the directory that is being removed: nftw() passes nothing on to its function. They are not a
 * thread's own, because each of ten thousand workers would have room for them at the top of its stack.
 */
static struct freeing large_files;

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    bool is_large = type == FTW_F && info->st_blocks >= LARGE / 512;
    int  fd = is_large ? open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) : -1;

    (void) walk;
    (void) remove(path); /* if a file stays, its directory stays too, which the user sees */
    if (fd >= 0)
        freeing_close(&large_files, fd);
    return 0;
}

/* Without FTW_MOUNT: on an overlay, as /tmp of a container, nftw() would take each file for a file of another mount. */
void directory_remove(const char *directory)
{
    (void) nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
    freeing_end(&large_files);
}
