/*
 * The probe notify, which holds when the command says READY=1 by the protocol of sd_notify(3).
 *
 * Each thread has a socket of its own. The kernel chooses an abstract address, which needs no place in a file
 * system and leaves nothing behind. Every user of the machine can send to it, so a message counts only from a
 * process of the thread. The mark of a sender that has ended cannot be read any more: its message counts if the
 * sender was the supervisor's user or root, as the socket belongs to the thread alone.
 */
#include "cli/process/mark.h"
#include "cli/process/spawn.h"
#include "cli/ready/probe.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Longer messages are ignored, as systemd does. */
#define MESSAGE_MAX 4096

/* The most descriptors that a sender can pass with a message; they are closed. */
#define DESCRIPTORS_MAX 253

/* The most messages that are read at once, because the worker has other things to look at. */
#define MESSAGES_AT_ONCE 16

/* One probe of this kind. */
struct notify_probe {
    struct ready ready;

    /* The address, with '@' for the first NUL. The probe is zeroed before, so a NUL follows. */
    char name[sizeof(((struct sockaddr_un *) NULL)->sun_path) + 1];
};

static bool is_valid(const char *argument, struct text *why)
{
    if (argument[0] == '\0')
        return true;
    text_add(why, "\"notify\" takes no argument");
    return false;
}

/* Binds FD to an address that the kernel chooses, and notes its name. Returns 0 or -errno. */
static int bind_somewhere(int fd, struct notify_probe *probe)
{
    static const int   on = 1;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t          size = sizeof(address.sun_family);
    size_t             length;

    if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
        bind(fd, (struct sockaddr *) &address, size) < 0)
        return -errno;
    size = sizeof(address);
    if (getsockname(fd, (struct sockaddr *) &address, &size) < 0)
        return -errno;
    length = size - offsetof(struct sockaddr_un, sun_path);
    memcpy(probe->name, address.sun_path, length);
    probe->name[0] = '@';
    return 0;
}

static int open_notify(struct ready *ready)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int error = fd < 0 ? -errno : bind_somewhere(fd, (struct notify_probe *) ready);

    ready->poll = (struct pollfd){.fd = fd, .events = POLLIN};
    if (error != 0)
        probe_unpoll(ready);
    return error;
}

static const char *notify_socket(const struct ready *ready)
{
    return ((const struct notify_probe *) ready)->name;
}

/* Returns the sender of a message, and closes the descriptors of the message, which answers BARRIER=1. */
static struct ucred take_sender(struct msghdr *header)
{
    struct ucred sender = {.pid = 0, .uid = (uid_t) -1, .gid = (gid_t) -1};

    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        size_t size = c->cmsg_len - CMSG_LEN(0);

        if (c->cmsg_type == SCM_CREDENTIALS && size == sizeof(sender))
            memcpy(&sender, CMSG_DATA(c), sizeof(sender));
        for (size_t i = 0; c->cmsg_type == SCM_RIGHTS && i < size / sizeof(int); i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
            close(fd);
        }
    }
    return sender;
}

/* Returns true if the kernel has no mark of PID to show: it has ended, or no limit was left to carry a mark. */
static bool is_unmarkable(pid_t pid)
{
    return mark_resource() < 0 || (kill(pid, 0) < 0 && errno == ESRCH);
}

/* A sender with the pid 0 is in another namespace of processes, and in no thread. */
static bool is_trusted(const struct ucred *sender, rlim_t mark)
{
    if (sender->pid <= 0)
        return false;
    if (mark_is(sender->pid, mark_id(mark)))
        return true;
    return (sender->uid == geteuid() || sender->uid == 0) && is_unmarkable(sender->pid);
}

static void set_status(struct ready *ready, const char *text)
{
    free(ready->status);
    ready->status = strdup(text); /* without memory the status is lost */
}

/* Takes one line of a message. Returns true if it says that the command is ready. */
static bool take_line(struct ready *ready, const char *line)
{
    if (strncmp(line, "STATUS=", strlen("STATUS=")) == 0)
        set_status(ready, line + strlen("STATUS="));
    ready->is_stopping |= strcmp(line, "STOPPING=1") == 0;
    return strcmp(line, "READY=1") == 0;
}

/* Receives one message into TEXT. Returns its size, 0 if it is to be ignored, or -errno. */
static ssize_t receive(struct ready *ready, rlim_t mark, char text[MESSAGE_MAX + 1])
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control;
    struct iovec  iov = {.iov_base = text, .iov_len = MESSAGE_MAX};
    struct msghdr header = {.msg_iov = &iov,
                            .msg_iovlen = 1,
                            .msg_control = &control,
                            .msg_controllen = sizeof(control)};
    ssize_t       size = recvmsg(ready->poll.fd, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    struct ucred  sender;

    if (size < 0)
        return -errno;
    sender = take_sender(&header);
    if ((header.msg_flags & MSG_TRUNC) != 0 || !is_trusted(&sender, mark))
        return 0;
    text[size] = '\0';
    return size;
}

static bool check(struct ready *ready, const struct spawn_plan *plan)
{
    char   *text = malloc(MESSAGE_MAX + 1);
    bool    is_shown = false;
    ssize_t size = 0;

    for (int i = 0; i < MESSAGES_AT_ONCE && text != NULL && size >= 0; i++) {
        char *rest = text, *line;

        size = receive(ready, plan->mark, text);
        while (size > 0 && (line = strsep(&rest, "\n")) != NULL)
            is_shown |= take_line(ready, line);
    }
    free(text);
    return is_shown;
}

const struct probe_kind probe_notify = {
    .size = sizeof(struct notify_probe),
    .may_be_empty = true,
    .lasts = true,
    .is_valid = is_valid,
    .open = open_notify,
    .notify_socket = notify_socket,
    .check = check,
};
