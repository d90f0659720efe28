#include "cli/server/listener.h"

#include "cli/base/descriptors.h"
#include "cli/base/loop.h"
#include "cli/place/journal.h"
#include "cli/place/socket.h"
#include "cli/process/limits.h"
#include "cli/rpc/envelope.h"
#include "cli/rpc/write.h"
#include "cli/server/door.h"
#include "cli/server/error.h"
#include "cli/server/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct connection_handler *handler;
static struct source                    listener, bell;
static int                              spare_fd = -1; /* see turn_away() */

/* Returns true if the client at FD runs as this user, or as root. */
static bool is_allowed(int fd)
{
    struct ucred credentials;

    if (socket_find_peer(fd, &credentials) != 0)
        return false;
    if (credentials.uid == geteuid() || credentials.uid == 0)
        return true;
    journal_write("refused a client of user %u", (unsigned) credentials.uid);
    return false;
}

/*
 * Writes the reply for a client for which there is no descriptor. ERROR is an errno that says why.
 */
static void write_refusal(struct text *line, int error)
{
    static const struct text no_data;
    struct text              message = {0};

    text_add(&message, "the supervisor has no file descriptor left; try again");
    limits_explain(&message, error);
    text_byte(&message, '\0', 1);
    text_add(line, ENVELOPE_START ",\"id\":null");
    write_name(line, "error");
    error_write(line, PROTOCOL_OS_ERROR, message.failed ? "out of memory" : message.data, &no_data);
    envelope_end(line);
    text_byte(line, '\n', 1);
    text_release(&message);
}

/* Opens the spare descriptor, unless it is open: a file that needs no path. Returns 0 or -errno. */
static int open_spare(void)
{
    if (spare_fd < 0)
        spare_fd = eventfd(0, EFD_CLOEXEC);
    return spare_fd < 0 ? -errno : 0;
}

/*
 * Answers a client for which no descriptor is left, because of ERROR, an errno. Closes the spare descriptor for
 * a moment to accept the client. Returns 0, -EAGAIN if there is no client, or another -errno if even that failed.
 */
static int turn_away(int error)
{
    struct text answer = {0};
    int         fd;

    write_refusal(&answer, error);
    descriptors_close(&spare_fd);
    fd = loop_accept(&listener);
    if (fd >= 0) {
        if (send(fd, answer.data, answer.size, MSG_NOSIGNAL) < 0)
            journal_write("cannot tell a client that no file descriptor is left");
        close(fd);
    }
    text_release(&answer);
    (void) open_spare(); /* without one, the next client waits until a descriptor is free */
    return fd < 0 ? fd : 0;
}

/* Serves the client at FD, which is connected. */
static void serve(int fd)
{
    int error;

    if (!is_allowed(fd)) {
        close(fd);
        return;
    }
    error = peer_open(fd, handler);
    if (error < 0)
        journal_write("cannot serve a client: %s", strerror(-error));
}

/* Accepts one client. Returns 0, -EAGAIN if there is none, or another -errno if none can be accepted now. */
static int accept_client(void)
{
    int fd = loop_accept(&listener);

    if (fd == -EMFILE || fd == -ENFILE)
        return turn_away(-fd);
    if (fd < 0)
        return fd;
    serve(fd);
    (void) open_spare();
    return 0;
}

bool listener_take_sent(int socket)
{
    int           fd = -1;
    char          byte;
    struct iovec  part = {&byte, 1};
    char          space[CMSG_SPACE(sizeof(fd))];
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof(space)};
    ssize_t               n = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *head = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR);
    if (head != NULL && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(head), sizeof(fd));
    if (fd >= 0)
        serve(fd);
    return true;
}

static void accept_all(void)
{
    int error;

    do
        error = accept_client();
    while (error == 0);
    if (error != -EAGAIN)
        loop_rest(&listener);
}

static void listener_ready(struct source *source, uint32_t events)
{
    (void) source, (void) events;
    accept_all();
}

static int watch_listener(int fd)
{
    listener = (struct source){.fd = fd, .ready = listener_ready};
    return loop_add(&listener, EPOLLIN);
}

/* Listens at FD from now on. First accepts the clients that are in the queue of the old socket. */
static void replace_listener(int fd)
{
    int error;

    accept_all();
    loop_remove(&listener);
    close(listener.fd);
    error = watch_listener(fd);
    if (error != 0)
        journal_write("no client can connect any more: %s", strerror(-error));
}

/*
 * Hangs up on the clients that rang the bell, which tells them that door_look() has been called
 * since.
 */
static void hang_up(void)
{
    int fd;

    while ((fd = loop_accept(&bell)) >= 0)
        close(fd);
    if (fd != -EAGAIN)
        loop_rest(&bell);
}

static void bell_ready(struct source *source, uint32_t events)
{
    int fd = door_look();

    (void) source, (void) events;
    if (fd >= 0)
        replace_listener(fd);
    hang_up();
}

static int open_bell(void)
{
    bell = (struct source){.fd = door_open_bell(), .ready = bell_ready};
    return bell.fd >= 0 ? loop_add(&bell, EPOLLIN) : 0;
}

/*
 * Returns 0 if a descriptor is left for a client, or -errno. Without one nobody could even end this supervisor by a
 * shutdown.
 */
static int check_room(void)
{
    int fd = eventfd(0, EFD_CLOEXEC);

    if (fd < 0)
        return -errno;
    close(fd);
    return 0;
}

/*
 * Prepares FD, which socket_listen() has made. It listens again because the kernel shows clients the process that
 * called listen() last as their peer; that must be this process.
 */
static int set_up(int fd)
{
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || listen(fd, SOCKET_BACKLOG) < 0)
        return -errno;
    return open_spare();
}

int listener_open(int fd, const struct connection_handler *given)
{
    int error = set_up(fd);

    handler = given;
    if (error == 0)
        error = watch_listener(fd);
    if (error == 0)
        error = open_bell();
    return error == 0 ? check_room() : error;
}

void listener_shut(void)
{
    if (bell.fd >= 0)
        loop_remove(&bell);
    door_shut();
    (void) shutdown(listener.fd, SHUT_RD); /* if it fails, one more client may get no reply */
    accept_all();
}
