#include "cli/place/place.h"

#include "cli/base/directory.h"
#include "cli/place/socket_path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Appends a sentence to WHY and returns ERROR. */
__attribute__((format(printf, 3, 4))) static int refuse(struct text *why, int error,
                                                        const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_vprintf(why, format, arguments);
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

/* Returns the value of the environment variable NAME if it is an absolute path, or else NULL. */
static const char *path_variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] == '/' ? value : NULL;
}

/* Returns the last component of the socket's path. */
static const char *socket_name(const struct place *place)
{
    return strrchr(place->socket, '/') + 1;
}

/* Returns the length of the socket's path without its suffix, if it has one. */
static int base_length(const struct place *place)
{
    size_t length = strlen(place->socket);
    size_t suffix = strlen(SOCKET_SUFFIX);

    if (strlen(socket_name(place)) > suffix &&
        strcmp(place->socket + length - suffix, SOCKET_SUFFIX) == 0)
        length -= suffix;
    return (int) length;
}

/* Writes the name of this machine, as the name of a directory can hold it: several machines may share a home. */
static void get_machine(char *ret, size_t size)
{
    struct utsname names;
    bool           known = uname(&names) == 0 && names.nodename[0] != '\0';

    (void) snprintf(ret, size, "%s", known ? names.nodename : "localhost");
    for (char *c = ret; *c != '\0'; c++)
        if (*c == '/' || (*c == '.' && c == ret))
            *c = '_';
}

bool place_add_state_home(struct text *path)
{
    const char *state = path_variable("XDG_STATE_HOME");
    const char *home = path_variable("HOME");

    if (state == NULL && home == NULL)
        return false;
    text_add(path, state != NULL ? state : home);
    text_add(path, state != NULL ? "/k3thread" : "/.local/state/k3thread");
    return true;
}

/* Sets the directory of the journal and the logs. Leaves it NULL if the user has no home for it. */
static int find_state(struct place *place, const char *label, int label_length)
{
    struct text path = {0};
    char        machine[sizeof(((struct utsname *) NULL)->nodename)];

    if (!place_add_state_home(&path))
        return 0;
    get_machine(machine, sizeof(machine));
    text_printf(&path, "/servers/%s/%.*s", machine, label_length, label);
    text_byte(&path, '\0', 1);
    if (path.failed) {
        text_release(&path);
        return -ENOMEM;
    }
    place->state = path.data;
    return 0;
}

/* Sets the paths of the journal and the logs: in the directory for them, or beside the socket. */
static int fill_state(struct place *place)
{
    int base = base_length(place);

    free(place->journal);
    free(place->logs);
    if (place->state != NULL) {
        place->journal = print("%s/journal.log", place->state);
        place->logs = print("%s/logs", place->state);
    } else {
        place->journal = print("%.*s.log", base, place->socket);
        place->logs = print("%.*s.logs", base, place->socket);
    }
    return place->journal != NULL && place->logs != NULL ? 0 : -ENOMEM;
}

/* Fills in the paths that follow from the socket's path. */
static int fill_siblings(struct place *place)
{
    const char *name = socket_name(place);
    int         base = base_length(place);
    struct text own = {0};
    int         error;

    place->directory = name - 1 == place->socket
                           ? strdup("/")
                           : strndup(place->socket, (size_t) (name - 1 - place->socket));
    place->lock = print("%.*s.lock", base, place->socket);
    socket_path_add_directory(&own);
    text_byte(&own, '\0', 1);
    error = place->directory == NULL || place->lock == NULL || own.failed ? -ENOMEM : 0;
    if (error == 0)
        place->is_own = strcmp(place->directory, own.data) == 0 &&
                        (size_t) base < strlen(place->socket) && socket_path_is_label(name);
    if (place->is_own)
        error = find_state(place, name, base - (int) (name - place->socket));
    text_release(&own);
    return error == 0 ? fill_state(place) : error;
}

int place_resolve(struct place *ret, const char *label, const char *socket, struct text *why)
{
    struct text  path = {0};
    int          error = socket_path_find(&path, label, socket, why);
    struct place place = {.socket = path.data};

    if (error == 0) {
        error = fill_siblings(&place);
        if (error != 0)
            refuse(why, error, "%s", strerror(-error));
    }
    if (error != 0) {
        place_release(&place);
        return error;
    }
    *ret = place;
    return 0;
}

int place_set_state(struct place *place, const char *state)
{
    char *copy = state != NULL ? strdup(state) : NULL;

    if (state != NULL && copy == NULL)
        return -ENOMEM;
    free(place->state);
    place->state = copy;
    return fill_state(place);
}

/* Checks the user's own directory: it must belong to the user, and be closed to all others. */
static int check_own(const struct place *place, const struct stat *info, struct text *why)
{
    if (info->st_uid != geteuid())
        return refuse(why, -EPERM, "%s belongs to user %u; remove it, or use -S", place->directory,
                      (unsigned) info->st_uid);
    if ((info->st_mode & 077) != 0)
        return refuse(why, -EPERM, "%s is open to others; 'chmod 700' it", place->directory);
    return 0;
}

/* Checks another directory: no other user may be able to put a file in the place of one of ours. */
static int check_foreign(const char *directory, const struct stat *info, struct text *why)
{
    if (info->st_uid != geteuid() && info->st_uid != 0)
        return refuse(why, -EPERM, "%s belongs to user %u", directory, (unsigned) info->st_uid);
    if ((info->st_mode & 022) != 0 && (info->st_mode & S_ISVTX) == 0)
        return refuse(why, -EPERM, "others can write to %s", directory);
    return 0;
}

/*
 * Returns true if the home is this user's own. root may run with the home of another user, which must get no files
 * of root.
 */
static bool has_own_home(void)
{
    const char *home = path_variable("HOME");
    struct stat info;

    return path_variable("XDG_STATE_HOME") != NULL ||
           (home != NULL && stat(home, &info) == 0 && info.st_uid == geteuid());
}

/* Makes the directory of the journal and the logs; returns false if it cannot be used. */
static bool prepare_state(const struct place *place)
{
    if (place->state == NULL || (place->is_own && !has_own_home()))
        return false;
    return directory_make_all(place->state) == 0 && directory_is_own(place->state);
}

/* Opens the directory of the socket. Makes it first, if it is k3thread's own. */
static int open_directory(const struct place *place, struct text *why)
{
    int flags = O_PATH | O_DIRECTORY | O_CLOEXEC | (place->is_own ? O_NOFOLLOW : 0);
    int error = place->is_own ? directory_make(place->directory) : 0;
    int directory;

    if (error != 0 && error != -EEXIST)
        return refuse(why, error, "cannot make %s: %s; K3THREAD_TMPDIR names another place",
                      place->directory, strerror(-error));
    directory = open(place->directory, flags);
    if (directory >= 0)
        return directory;
    error = -errno;
    if (error == -ELOOP || (error == -ENOTDIR && place->is_own))
        return refuse(why, error, "%s is no directory (or a symbolic link); remove it",
                      place->directory);
    return refuse(why, error, "%s, where the socket would be: %s%s", place->directory,
                  strerror(-error), error == -ENOENT ? "; make it first" : "");
}

int place_prepare(const struct place *place, bool *ret_state, struct text *why)
{
    struct stat info;
    int         directory;
    int         error = 0;

    directory = open_directory(place, why);
    if (directory < 0)
        return directory;
    if (fstat(directory, &info) < 0)
        error = refuse(why, -errno, "%s: %s", place->directory, strerror(errno));
    else if (place->is_own)
        error = check_own(place, &info, why);
    else
        error = check_foreign(place->directory, &info, why);
    close(directory);
    *ret_state = error == 0 && prepare_state(place);
    return error;
}

/* Checks the nearest directory above PATH that exists: the missing directories are made in it. */
static int check_above(const char *path, struct text *why)
{
    char       *above = strdup(path);
    struct stat info;
    int         error = above != NULL ? -ENOENT : -ENOMEM;

    while (error == -ENOENT) {
        char *slash = strrchr(above, '/');

        slash[slash == above] = '\0';
        error = stat(above, &info) == 0 ? 0 : -errno;
    }
    if (error == 0)
        error = check_foreign(above, &info, why);
    free(above);
    return error;
}

/* Makes the directory of the socket, which is missing, and the missing directories above it. */
static int make_directory(const struct place *place, struct text *why)
{
    size_t said = why->size;
    char  *directory = directory_resolve(place->directory);
    int    error = directory != NULL ? check_above(directory, why) : -errno;

    if (error == 0)
        error = directory_make_all(directory);
    free(directory);
    if (error == 0)
        return 0;
    if (why->size == said)
        text_add(why, strerror(-error));
    return refuse(why, error, ", so %s is not made again; make it, and try again",
                  place->directory);
}

int place_restore(const struct place *place, bool *ret_made, struct text *why)
{
    struct text first = {0};
    bool        has_state;
    int         error = place_prepare(place, &has_state, &first);

    *ret_made = false;
    if (error != -ENOENT)
        text_append(why, first.data, first.size);
    text_release(&first);
    if (error != -ENOENT)
        return error;
    error = make_directory(place, why);
    if (error != 0)
        return error;
    *ret_made = true;
    return place_prepare(place, &has_state, why);
}

char *place_find_journal(const struct place *place)
{
    char *beside = print("%.*s.log", base_length(place), place->socket);

    if (beside != NULL && access(beside, F_OK) == 0 && access(place->journal, F_OK) < 0)
        return beside;
    free(beside);
    return strdup(place->journal);
}

void place_release(struct place *place)
{
    free(place->directory);
    free(place->socket);
    free(place->lock);
    free(place->state);
    free(place->journal);
    free(place->logs);
    *place = (struct place){0};
}
