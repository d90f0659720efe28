#include "cli/script/own_place.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Makes a directory from TEMPLATE, which it uses up. Returns NULL with errno. */
static char *make_directory(char *template)
{
    if (template != NULL && mkdtemp(template) != NULL)
        return template;
    free(template);
    return NULL;
}

/* Beside the supervisors that the user names, where nobody else can look in. */
static char *make_beside(void)
{
    struct place place;
    char        *why = NULL;
    char *template = NULL;

    if (place_resolve(&place, "default", NULL, &why) == 0) {
        free(why);
        if (place_prepare(&place, &why) != 0 ||
            asprintf(&template, "%s/run.XXXXXX", place.directory) < 0)
            template = NULL;
        place_release(&place);
    }
    free(why);
    return make_directory(template);
}

static char *make_in_tmp(void)
{
    char *template;

    return asprintf(&template, "/tmp/k3thread-run.XXXXXX") < 0 ? NULL : make_directory(template);
}

/* A socket's path has to be short, so a deep runtime directory may not do. */
static int resolve_in(struct place *ret, const char *directory)
{
    char *socket, *why = NULL;
    int   error;

    if (asprintf(&socket, "%s/run.sock", directory) < 0)
        return -ENOMEM;
    error = place_resolve(ret, NULL, socket, &why);
    free(why);
    free(socket);
    return error;
}

typedef char *maker(void);

int own_place_make(struct place *ret)
{
    maker *const makers[] = {make_beside, make_in_tmp};
    int          error = -ENOMEM;

    for (size_t i = 0; i < sizeof(makers) / sizeof(makers[0]); i++) {
        char *directory = makers[i]();

        error = directory != NULL ? resolve_in(ret, directory) : -errno;
        if (error != 0 && directory != NULL)
            (void) rmdir(directory);
        free(directory);
        if (error == 0)
            break;
    }
    return error;
}

void own_place_remove(struct place *place)
{
    place_remove_directory(place->directory);
    place_release(place);
}
