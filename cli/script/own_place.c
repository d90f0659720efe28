#include "cli/script/own_place.h"

#include "cli/directory.h"

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

static int make_in(struct place *ret, const char *parent)
{
    char *directory;
    int   error;

    if (asprintf(&directory, "%s/k3thread-run.XXXXXX", parent) < 0)
        return -ENOMEM;
    error = directory_make_new(directory);
    if (error == 0) {
        error = resolve_in(ret, directory);
        if (error != 0)
            (void) rmdir(directory);
    }
    free(directory);
    return error;
}

/* In memory first, where nobody else can look in; then where the user wants temporary files. */
int own_place_make(struct place *ret, struct text *why)
{
    const char *const parents[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
    int               error = -ENOMEM;

    text_add(why, "no directory for the supervisor");
    for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]); i++) {
        if (parents[i] == NULL || parents[i][0] != '/')
            continue;
        error = make_in(ret, parents[i]);
        if (error == 0)
            break;
        text_printf(why, "; cannot make one in %s: %s", parents[i], strerror(-error));
    }
    text_add(why, "; TMPDIR names another place");
    return error;
}

void own_place_remove(struct place *place)
{
    directory_remove(place->directory);
    place_release(place);
}
