/* Finds places of supervisors, in an environment that the test chooses. */
#ifndef PLACED_H
#define PLACED_H

#include "tests/parts/written.h"

#include "cli/place/place.h"

#include <limits.h>

static char here[PATH_MAX]; /* the current directory */

/* Sets the variables that name directories; NULL: it is not set. */
static inline void set_homes(const char *tmp, const char *state, const char *home)
{
    const char *const names[] = {"K3THREAD_TMPDIR", "XDG_STATE_HOME", "HOME"};
    const char *const values[] = {tmp, state, home};

    unsetenv("K3THREAD_SOCKET");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CHECK((values[i] != NULL ? setenv(names[i], values[i], 1) : unsetenv(names[i])) == 0);
    CHECK(getcwd(here, sizeof(here)) != NULL);
}

static inline struct place resolve(const char *label, const char *socket)
{
    struct place place;
    struct text  why = {0};

    CHECK_EQUAL(place_resolve(&place, label, socket, &why), 0);
    CHECK_EQUAL(why.size, 0);
    return place;
}

#endif
