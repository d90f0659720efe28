#include "cli/place/temporary_place.h"

#include "cli/base/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Resolves the place of a socket in DIRECTORY. Returns -ENAMETOOLONG if the socket's path would be
 * too long.
 */
static int resolve_in(struct place *ret, const char *directory)
{
    char       *socket;
    struct text why = {0};
    int         error;

    if (asprintf(&socket, "%s/run.sock", directory) < 0)
        return -ENOMEM;
    error = place_resolve(ret, NULL, socket, &why);
    text_release(&why);
    free(socket);
    return error == -EINVAL ? -ENAMETOOLONG : error;
}

/*
 * Makes a directory with a new name in PARENT, and sets *RET to its path, to be freed. Returns 0 or
 * -errno.
 */
static int make_directory(const char *parent, char **ret)
{
    char *directory;
    int   error;

    if (asprintf(&directory, "%s/k3thread-run.XXXXXX", parent) < 0)
        return -ENOMEM;
    error = directory_make_new(directory);
    if (error == 0)
        *ret = directory;
    else
        free(directory);
    return error;
}

/* Makes the socket's directory in PARENT. */
static int make_in(struct place *ret, const char *parent)
{
    char *directory;
    int   error = make_directory(parent, &directory);

    if (error != 0)
        return error;
    error = resolve_in(ret, directory);
    if (error != 0)
        (void) rmdir(directory);
    free(directory);
    return error;
}

/*
 * Makes the directory of the logs where the user wants temporary files, unless that is PARENT, in
 * which the socket's directory is. If the directory cannot be made, the logs are beside the socket.
 */
static int make_state(struct place *place, const char *parent)
{
    const char *const parents[] = {getenv("TMPDIR"), "/tmp"};
    char             *state;
    int               error;

    for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
        if (parents[i] == NULL || parents[i][0] != '/')
            continue;
        if (strcmp(parents[i], parent) == 0)
            return 0;
        if (make_directory(parents[i], &state) != 0)
            continue;
        error = place_set_state(place, state);
        if (error != 0)
            (void) rmdir(state);
        free(state);
        return error;
    }
    return 0;
}

/* Makes both directories; the socket's in PARENT. Returns 0 or -errno. */
static int make_both(struct place *ret, const char *parent)
{
    int error = make_in(ret, parent);

    if (error != 0)
        return error;
    error = make_state(ret, parent);
    if (error != 0)
        temporary_place_remove(ret);
    return error;
}

/*
 * XDG_RUNTIME_DIR is short, as a socket's path must be. But the files in it are in memory, and there is
 * room only for a few percent of the memory, which is too little for logs.
 */
int temporary_place_make(struct place *ret, struct text *why)
{
    const char *const parents[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
    struct text       reason = {0};
    int               error = -ENOMEM;

    text_add(&reason, "no directory for the supervisor");
    for (size_t i = 0; error != 0 && i < sizeof(parents) / sizeof(parents[0]); i++) {
        if (parents[i] == NULL || parents[i][0] != '/')
            continue;
        error = make_both(ret, parents[i]);
        if (error != 0)
            text_printf(&reason, "; cannot make one in %s: %s", parents[i], strerror(-error));
    }
    text_add(&reason, "; TMPDIR names another place");
    if (error != 0)
        text_append(why, reason.data, reason.size);
    why->failed |= error != 0 && reason.failed;
    text_release(&reason);
    return error;
}

int temporary_place_in(struct place *ret, const char *directory, struct text *why)
{
    int error = resolve_in(ret, directory);

    if (error != 0)
        text_printf(why, "cannot use the directory %s: %s", directory, strerror(-error));
    return error;
}

void temporary_place_remove(struct place *place)
{
    if (place->state != NULL)
        directory_remove(place->state);
    directory_remove(place->directory);
    place_release(place);
}
