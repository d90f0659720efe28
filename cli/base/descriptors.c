#include "cli/base/descriptors.h"

#include "cli/base/linux_calls.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The first descriptor behind the standard ones. */
#define FIRST (STDERR_FILENO + 1)

static bool lacks_range;

static void close_one(int fd)
{
    close(fd);
}

static void mark_one(int fd)
{
    (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/*
 * Calls ACT for each open descriptor from FIRST on: for Linux before 5.9, which has no close_range(2), and for
 * containers that refuse it. Returns 0 or -errno.
 */
static int for_each(int first, void (*act)(int fd))
{
    DIR                 *directory = opendir("/proc/self/fd");
    const struct dirent *entry;

    if (directory == NULL)
        return -errno;
    while ((entry = readdir(directory)) != NULL) {
        int fd = atoi(entry->d_name);

        if (fd >= first && fd != dirfd(directory))
            act(fd);
    }
    closedir(directory);
    return 0;
}

int descriptors_close_on_exec(void)
{
    if (linux_close_range(FIRST, ~0U, LINUX_CLOSE_RANGE_CLOEXEC) == 0)
        return 0;
    lacks_range = true;
    return for_each(FIRST, mark_one);
}

void descriptors_close_from(int first)
{
    if (linux_close_range((unsigned) first, ~0U, 0) < 0)
        (void) for_each(first, close_one);
}

bool descriptors_have_range(void)
{
    return !lacks_range;
}

void descriptors_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

int descriptors_reopen(int fd, int flags)
{
    char path[32];
    int  opened;

    (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    opened = open(path, flags | O_CLOEXEC);
    return opened < 0 ? -errno : opened;
}

int descriptors_duplicate(int fd, int first)
{
    int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, first);

    if (duplicate >= 0)
        return duplicate;
    return errno == EINVAL ? -EMFILE : -errno;
}

ssize_t descriptors_send(int socket, int fd, struct iovec *parts, size_t count, int flags)
{
    char            space[CMSG_SPACE(sizeof(fd))] = {0};
    struct msghdr   message = {.msg_iov = parts,
                               .msg_iovlen = count,
                               .msg_control = space,
                               .msg_controllen = sizeof(space)};
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    ssize_t         size;

    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(head), &fd, sizeof(fd));
    size = sendmsg(socket, &message, MSG_NOSIGNAL | flags);
    return size < 0 ? -errno : size;
}
