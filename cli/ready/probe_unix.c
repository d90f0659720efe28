/* The probe unix:PATH, which holds when a connection is accepted there. */
#include "cli/process/spawn.h"
#include "cli/ready/probe_connection.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_SIZE sizeof(((struct sockaddr_un *) NULL)->sun_path)

/* Accepts a path that is too long for an address, because a socket may be made by a shorter, relative path. */
static bool is_valid(const char *argument, struct text *why)
{
    const char *slash = strrchr(argument, '/');
    const char *name = slash != NULL ? slash + 1 : argument;

    if (strlen(argument) >= PATH_MAX)
        text_add(why, "the path is too long");
    else if (strlen(name) > PATH_SIZE)
        text_add(why, "no socket's name can be that long");
    else
        return true;
    return false;
}

/*
 * Opens the socket's file, whose path may be longer than an address can hold; a relative path begins at
 * the command's directory. Returns a descriptor that only names the file (O_PATH), or -1.
 */
static int open_path(const char *directory, const char *path)
{
    int directory_fd = open(directory, O_PATH | O_CLOEXEC);
    int fd = openat(directory_fd, path, O_PATH | O_CLOEXEC);

    if (directory_fd >= 0)
        close(directory_fd);
    return fd;
}

static bool check(struct ready *ready, const struct spawn_plan *plan)
{
    struct address  address = {.un = {.sun_family = AF_UNIX}, .size = sizeof(address.un)};
    int             file = -1;
    enum connecting state;

    if (ready->poll.fd < 0) {
        file = open_path(plan->directory, ready->argument);
        (void) snprintf(address.un.sun_path, PATH_SIZE, "/proc/self/fd/%d", file);
    }
    state = probe_connection_step(ready, &address, 1);
    if (file >= 0)
        close(file);
    return state == CONNECTING_DONE;
}

const struct probe_kind probe_unix = {
    .size = sizeof(struct ready),
    .is_shared = true,
    .is_valid = is_valid,
    .check = check,
};
