#include "cli/place/bell.h"

#include "cli/base/directory.h"
#include "cli/base/linux_calls.h"
#include "cli/place/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define PATIENCE 1000 /* milliseconds that the supervisor has to check its files */

/* Returns the hash FNV-1a, continued with DATA. */
static uint64_t add_bytes(uint64_t hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;

    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 1099511628211U;
    return hash;
}

/* Returns true if a file system is mounted at PATH; INFO is what statx(2) says about PATH. */
static bool is_mounted(const char *path, const struct linux_statx *info)
{
    char        above[PATH_MAX + sizeof("/..")];
    struct stat here, there;

    if (info->attributes_known & LINUX_STATX_ATTR_MOUNT_ROOT)
        return info->attributes & LINUX_STATX_ATTR_MOUNT_ROOT;
    /* Linux before 5.8 */
    (void) snprintf(above, sizeof(above), "%.*s/..", PATH_MAX, path);
    return stat(path, &here) == 0 && stat(above, &there) == 0 && here.st_dev != there.st_dev;
}

/*
 * Returns the length of the part of PATH at which its file system is mounted, and identifies that
 * directory in *RET. A directory below it may be missing, or be replaced later, but the mounted one stays.
 */
static size_t find_mount(const char *path, struct linux_statx *ret)
{
    size_t length = strlen(path);

    for (;;) {
        char part[PATH_MAX];

        (void) snprintf(part, sizeof(part), "%.*s", length > 0 ? (int) length : 1, path);
        if (linux_statx(AT_FDCWD, part, AT_SYMLINK_NOFOLLOW, LINUX_STATX_INO, ret) == 0 &&
            is_mounted(part, ret))
            return length;
        if (length == 0)
            return 0;
        while (path[--length] != '/')
            ;
    }
}

/*
 * Makes the address of the bell. In two containers the same path can mean two places. So the
 * address is made of the identity of the mounted file system's uppermost directory, which no user
 * can remove, and of the names from there on. Returns its size or -errno.
 */
static int make_address(const struct place *place, struct sockaddr_un *ret)
{
    char              *directory = directory_resolve(place->directory);
    uid_t              user = geteuid();
    uint64_t           hash = 14695981039346656037U;
    struct linux_statx mount;
    size_t             above;
    int                size;

    if (directory == NULL)
        return -errno;
    above = find_mount(directory, &mount);
    hash = add_bytes(hash, &user, sizeof(user));
    hash = add_bytes(hash, &mount.device_major, sizeof(mount.device_major));
    hash = add_bytes(hash, &mount.device_minor, sizeof(mount.device_minor));
    hash = add_bytes(hash, &mount.inode, sizeof(mount.inode));
    hash = add_bytes(hash, directory + above, strlen(directory + above));
    hash = add_bytes(hash, strrchr(place->socket, '/'), strlen(strrchr(place->socket, '/')));
    free(directory);
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    size = snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "k3thread/%016llx",
                    (unsigned long long) hash);
    return (int) offsetof(struct sockaddr_un, sun_path) + 1 + size;
}

typedef int attacher(int fd, const struct sockaddr *address, socklen_t size);

/* Returns a socket that is bound, or connected, to the address of PLACE, or -errno. */
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

    if (fd < 0 || listen(fd, SOCKET_BACKLOG) == 0)
        return fd;
    error = -errno;
    close(fd);
    return error;
}

int bell_ring(const struct place *place, pid_t *ret_pid)
{
    int           fd = open_socket(place, connect);
    struct ucred  peer;
    socklen_t     size = sizeof(peer);
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};
    int           heard;

    if (fd < 0)
        return -ENOENT;
    /* Any user could have taken the address. */
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
