#include "cli/commands/supervisor_end.h"

#include "cli/base/linux_calls.h"
#include "cli/place/place.h"
#include "cli/place/socket.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The milliseconds that each of the processes may take to end. */
#define PATIENCE 10000

/* Returns the parent of PID, or 0. */
static pid_t parent_of(pid_t pid)
{
    char        path[32], line[512] = "";
    FILE       *file;
    const char *end;

    (void) snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
    file = fopen(path, "re");
    if (file == NULL)
        return 0;
    end = fgets(line, sizeof(line), file) != NULL ? strrchr(line, ')') : NULL;
    (void) fclose(file);
    return end != NULL && strlen(end) > 4 ? (pid_t) strtol(end + 4, NULL, 10) : 0;
}

struct supervisor_end supervisor_end_open(int socket)
{
    struct ucred          peer = {0};
    struct supervisor_end end = {-1, -1};
    pid_t                 guardian;

    if (socket_find_peer(socket, &peer) != 0 || peer.pid <= 0)
        return end;
    guardian = parent_of(peer.pid);
    end.supervisor = linux_pidfd_open(peer.pid);
    if (guardian > 1)
        end.guardian = linux_pidfd_open(guardian);
    return end;
}

static void await(int pidfd)
{
    struct pollfd end = {.fd = pidfd, .events = POLLIN};

    (void) poll(&end, 1, PATIENCE);
    close(pidfd);
}

void supervisor_end_await(struct supervisor_end *end, const struct place *place)
{
    int fds[] = {end->supervisor, end->guardian};
    int serving = socket_connect(place->socket);

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0 && serving < 0)
            await(fds[i]);
        else if (fds[i] >= 0)
            close(fds[i]);
    if (serving >= 0)
        close(serving);
}
