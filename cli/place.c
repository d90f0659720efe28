#include "cli/place.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SUFFIX ".sock"

static const size_t path_max = sizeof(((struct sockaddr_un *) NULL)->sun_path) - 1;

/* Puts a sentence into *RET_WHY and returns ERROR. */
__attribute__((format(printf, 3, 4))) static int refuse(char **ret_why, int error,
                                                        const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(ret_why, format, arguments) < 0)
        *ret_why = NULL;
    va_end(arguments);
    return error;
}

__attribute__((format(printf, 1, 2))) static char *print(const char *format, ...)
{
    va_list arguments;
    char   *ret;

    va_start(arguments, format);
    if (vasprintf(&ret, format, arguments) < 0)
        ret = NULL;
    va_end(arguments);
    return ret;
}

/* The user's own directory: below $XDG_RUNTIME_DIR, or in /tmp. */
static char *default_directory(void)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    if (runtime != NULL && runtime[0] == '/')
        return print("%s/k3thread", runtime);
    return print("/tmp/k3thread-%u", (unsigned) geteuid());
}

static int socket_of_label(char **ret, const char *label, char **ret_why)
{
    char *directory;

    if (label[0] == '\0' || label[0] == '.' || strchr(label, '/') != NULL)
        return refuse(ret_why, -EINVAL,
                      "'%s' is no name for a supervisor (no '/', no leading '.'); -S takes a path",
                      label);
    directory = default_directory();
    if (directory == NULL)
        return -ENOMEM;
    *ret = print("%s/%s" SUFFIX, directory, label);
    free(directory);
    return *ret != NULL ? 0 : -ENOMEM;
}

static int socket_of_path(char **ret, const char *path, char **ret_why)
{
    char *here;

    if (path[0] == '\0' || path[strlen(path) - 1] == '/')
        return refuse(ret_why, -EINVAL, "'%s' is no path for a socket", path);
    if (path[0] == '/') {
        *ret = strdup(path);
        return *ret != NULL ? 0 : -ENOMEM;
    }
    here = getcwd(NULL, 0);
    if (here == NULL)
        return refuse(ret_why, -ENOENT, "the current directory has no path: %s", strerror(errno));
    *ret = print("%s/%s", here, path);
    free(here);
    return *ret != NULL ? 0 : -ENOMEM;
}

/* The paths beside the socket. */
static int fill_siblings(struct place *place)
{
    size_t length = strlen(place->socket);
    size_t suffix = strlen(SUFFIX);
    size_t slash = (size_t) (strrchr(place->socket, '/') - place->socket);
    int    base = (int) length;

    if (length > slash + 1 + suffix && strcmp(place->socket + length - suffix, SUFFIX) == 0)
        base = (int) (length - suffix);
    place->directory = slash == 0 ? strdup("/") : strndup(place->socket, slash);
    place->lock = print("%.*s.lock", base, place->socket);
    place->journal = print("%.*s.log", base, place->socket);
    place->logs = print("%.*s.logs", base, place->socket);
    if (place->directory && place->lock && place->journal && place->logs)
        return 0;
    return -ENOMEM;
}

int place_resolve(struct place *ret, const char *label, const char *socket, char **ret_why)
{
    struct place place = {.is_default = socket == NULL};
    const char  *from_environment = getenv("K3THREAD_SOCKET");
    int          error;

    *ret_why = NULL;
    if (label != NULL && socket != NULL)
        return refuse(ret_why, -EINVAL, "-L and -S exclude each other");
    if (label == NULL && socket == NULL && from_environment != NULL && from_environment[0]) {
        socket = from_environment;
        place.is_default = false;
    }
    if (socket != NULL)
        error = socket_of_path(&place.socket, socket, ret_why);
    else
        error = socket_of_label(&place.socket, label != NULL ? label : "default", ret_why);
    if (place.socket != NULL && strlen(place.socket) > path_max)
        error = refuse(ret_why, -EINVAL, "the socket's path is longer than %zu bytes: %s", path_max,
                       place.socket);
    else if (place.socket != NULL)
        error = fill_siblings(&place);
    if (error != 0) {
        place_release(&place);
        return error;
    }
    *ret = place;
    return 0;
}

/* The user's own directory must be nobody else's in any way. */
static int check_own(const struct place *place, const struct stat *info, char **ret_why)
{
    if (info->st_uid != geteuid())
        return refuse(ret_why, -EPERM, "%s belongs to user %u; remove it, or use -S",
                      place->directory, (unsigned) info->st_uid);
    if ((info->st_mode & 077) != 0)
        return refuse(ret_why, -EPERM, "%s is open to others; 'chmod 700' it", place->directory);
    return 0;
}

/* Any other directory must not let somebody else put files in our names' places. */
static int check_foreign(const struct place *place, const struct stat *info, char **ret_why)
{
    if (info->st_uid != geteuid() && info->st_uid != 0)
        return refuse(ret_why, -EPERM, "%s belongs to user %u", place->directory,
                      (unsigned) info->st_uid);
    if ((info->st_mode & 022) != 0 && (info->st_mode & S_ISVTX) == 0)
        return refuse(ret_why, -EPERM, "others can write to %s", place->directory);
    return 0;
}

int place_prepare(const struct place *place, char **ret_why)
{
    int         flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    int         directory;
    int         error;
    struct stat info;

    *ret_why = NULL;
    if (place->is_default) {
        flags |= O_NOFOLLOW;
        if (mkdir(place->directory, 0700) < 0 && errno != EEXIST)
            return refuse(ret_why, -errno, "cannot make %s: %s%s", place->directory,
                          strerror(errno), errno == ENOENT ? "; is XDG_RUNTIME_DIR right?" : "");
    }
    directory = open(place->directory, flags);
    if (directory < 0) {
        error = errno;
        if (error == ELOOP || (error == ENOTDIR && place->is_default))
            return refuse(ret_why, -error, "%s is no directory (or a symbolic link); remove it",
                          place->directory);
        return refuse(ret_why, -error, "%s, where the socket would be: %s%s", place->directory,
                      strerror(error), error == ENOENT ? "; make it first" : "");
    }
    if (fstat(directory, &info) < 0)
        error = refuse(ret_why, -errno, "%s: %s", place->directory, strerror(errno));
    else if (place->is_default)
        error = check_own(place, &info, ret_why);
    else
        error = check_foreign(place, &info, ret_why);
    close(directory);
    return error;
}

void place_release(struct place *place)
{
    free(place->directory);
    free(place->socket);
    free(place->lock);
    free(place->journal);
    free(place->logs);
    *place = (struct place){0};
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
void place_remove_directory(const char *directory)
{
    (void) nftw(directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
