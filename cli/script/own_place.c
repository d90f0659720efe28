#include "cli/script/own_place.h"

#include "cli/base/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A socket's path has to be short, so a deep directory may not do. */
static int resolve_in(struct place *ret, const char *directory)
{
    char *socket, *why = NULL;
    int   error;

    if (asprintf(&socket, "%s/run.sock", directory) < 0)
        return -ENOMEM;
    error = place_resolve(ret, NULL, socket, &why);
    free(why);
    free(socket);
    return error == -EINVAL ? -ENAMETOOLONG : error;
}

/* Makes a directory of a new name in PARENT, and sets *RET to its path, to be freed. Returns 0 or -errno. */
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
 * Makes the directory of the logs where the user wants temporary files, unless that of the socket,
 * which is in PARENT, is there. Without one the logs are beside the socket.
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

/*
 * The socket is in memory first, in a directory that is short. A runtime directory is too small for
 * logs, as it holds a few percent of the memory.
 */
int own_place_make(struct place *ret, struct text *why)
{
    const char *const parents[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
    int               error = -ENOMEM;

    text_add(why, "no directory for the supervisor");
    for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
        if (parents[i] == NULL || parents[i][0] != '/')
            continue;
        error = make_in(ret, parents[i]);
        if (error == 0) {
            error = make_state(ret, parents[i]);
            if (error == 0)
                break;
            own_place_remove(ret);
        }
        text_printf(why, "; cannot make one in %s: %s", parents[i], strerror(-error));
    }
    text_add(why, "; TMPDIR names another place");
    return error;
}

void own_place_remove(struct place *place)
{
    if (place->state != NULL)
        directory_remove(place->state);
    directory_remove(place->directory);
    place_release(place);
}
