#include "cli/bell.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE 1000 /* milliseconds */

/* FNV-1a */
static uint64_t add_bytes(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 1099511628211U;
    return hash;
}

/* Looks at the directory above the socket's: that one itself may have been removed. */
static int look_above(const struct place *place, struct stat *ret)
{
    const char *slash = strrchr(place->directory, '/');
    char       *above = slash == place->directory
                            ? strdup("/")
                            : strndup(place->directory, (size_t) (slash - place->directory));
    int         error = above == NULL ? -ENOMEM : stat(above, ret) < 0 ? -errno : 0;

    free(above);
    return error;
}

/*
 * The same path can be two places, in two containers: so the address has the identity of the
 * directory above, and the names from there on. Returns its size or -errno.
 */
static int make_address(const struct place *place, struct sockaddr_un *ret)
{
    struct stat above;
    uid_t       user = geteuid();
    const char *names = strrchr(place->directory, '/');
    uint64_t    hash = 14695981039346656037U;
    int         error = look_above(place, &above);
    int         size;

    if (error != 0)
        return error;
    hash = add_bytes(hash, &user, sizeof(user));
    hash = add_bytes(hash, &above.st_dev, sizeof(above.st_dev));
    hash = add_bytes(hash, &above.st_ino, sizeof(above.st_ino));
    hash = add_bytes(hash, names, strlen(names));
    hash = add_bytes(hash, strrchr(place->socket, '/'), strlen(strrchr(place->socket, '/')));
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    size = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "k3thread/%016llx",
                    (unsigned long long) hash);
    return (int) offsetof(struct sockaddr_un, sun_path) + 1 + size;
}

typedef int attacher(int fd, const struct sockaddr *address, socklen_t size);

/* A socket that is bound, or connected, to the address of PLACE. */
static int open_socket(const struct place *place, attacher *attach)
{
    struct sockaddr_un address;
    int                size = make_address(place, &address);
    int                fd, error;

    if (size < 0)
        return size;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (attach(fd, (struct sockaddr *) &address, (socklen_t) size) == 0)
        return fd;
    error = -errno;
    close(fd);
    return error;
}

int bell_open(const struct place *place)
{
    int fd = open_socket(place, bind);
    int error;

    if (fd < 0 || listen(fd, SOMAXCONN) == 0)
        return fd;
    error = -errno;
    close(fd);
    return error;
}

int bell_ring(const struct place *place, pid_t *ret_pid)
{
    int           fd = open_socket(place, connect);
    struct ucred  peer = {0};
    socklen_t     size = sizeof(peer);
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};
    int           heard;

    if (fd < 0)
        return -ENOENT;
    /* Anybody could have taken the address. */
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid()) {
        close(fd);
        return -ENOENT;
    }
    do
        heard = poll(&pollfd, 1, PATIENCE);
    while (heard < 0 && errno == EINTR);
    close(fd);
    *ret_pid = peer.pid;
    return heard > 0 ? 0 : -ETIMEDOUT;
}
