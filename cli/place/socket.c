#include "cli/place/socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* Returns a stream socket with FLAGS, and the address of PATH in *RET_ADDRESS; or -errno. */
static int open_socket(const char *path, int flags, struct sockaddr_un *ret_address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

    if (fd < 0)
        return -errno;
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret_address->sun_path, path, strnlen(path, sizeof(ret_address->sun_path) - 1));
    return fd;
}

int socket_connect(const char *path)
{
    struct sockaddr_un address;
    int                fd = open_socket(path, 0, &address);
    int                error;

    if (fd < 0)
        return fd;
    do
        error = connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0 ? -errno : 0;
    while (error == -EINTR);
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

int socket_listen(const char *path)
{
    struct sockaddr_un address;
    int                fd = open_socket(path, SOCK_NONBLOCK, &address);
    mode_t             mask;
    int                error;

    if (fd < 0)
        return fd;
    mask = umask(077);
    error = bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0 ? -errno : 0;
    umask(mask);
    if (error == 0 && listen(fd, SOCKET_BACKLOG) < 0)
        error = -errno;
    if (error == 0)
        return fd;
    close(fd);
    return error;
}

int socket_find_peer(int fd, struct ucred *ret)
{
    socklen_t size = sizeof(*ret);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret, &size) < 0 ? -errno : 0;
}

int socket_remove_stale(const char *path)
{
    struct stat info;

    if (lstat(path, &info) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(info.st_mode))
        return -ENOTSOCK;
    return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
}
