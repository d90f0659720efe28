/*
 * echo-server SOCKET [COMMAND…]: answers each line of a client with a line; before the
 * answer it starts COMMAND, if there is one. It is the smallest program that does a supervisor's "start".
 */
#include "floor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int                fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void) snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 || listen(fd, 64) < 0)
        fail(path);
    return fd;
}

int main(int count, char **words)
{
    int listener;

    if (count < 2) {
        fprintf(stderr, "Usage: echo-server SOCKET [COMMAND...]\n");
        return 64;
    }
    signal(SIGCHLD, SIG_IGN); /* children need no wait */
    listener = listen_at(words[1]);
    if (puts("up") < 0 || fflush(stdout) != 0)
        fail("stdout");
    for (;;) {
        char    line[4096];
        int     fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        ssize_t size = fd >= 0 ? read(fd, line, sizeof(line)) : -1;

        if (size > 0 && count > 2)
            spawn(words + 2, true);
        if (size > 0 && send(fd, "1\n", 2, MSG_NOSIGNAL) < 0)
            fail("send");
        if (fd >= 0)
            close(fd);
    }
}
