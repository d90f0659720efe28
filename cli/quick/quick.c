#include "cli/quick/quick.h"

#include "cli/quick/answer.h"
#include "cli/quick/bytes.h"
#include "cli/quick/request.h"
#include "cli/quick/system.h"
#include "cli/quick/words.h"

#include <errno.h>
#include <link.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define REQUEST_MAX (256 * 1024) /* with the environment */

/* None of it costs anything before it is used. */
static char request_data[REQUEST_MAX], answer_data[ANSWER_MAX];

static struct {
    bool   is_made; /* the request, and the program may take it */
    int    fd;
    size_t answer_size;
} made;

bool quick_take(struct quick_request *ret)
{
    if (!made.is_made)
        return false;
    made.is_made = false;
    *ret = (struct quick_request){
        .fd = made.fd,
        .answer = answer_data,
        .size = made.answer_size,
    };
    return true;
}

static bool is_ours(int fd)
{
    struct ucred peer;
    socklen_t    size = sizeof(peer);

    peer.uid = 0;
    return system_call(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, (long) &peer, (long) &size,
                       0) == 0 &&
           peer.uid == (uid_t) system_call(SYS_geteuid, 0, 0, 0, 0, 0, 0);
}

/* A descriptor, or -1: then the program finds out why, or starts a supervisor. */
static int open_connection(const struct sockaddr_un *address)
{
    int fd = (int) system_call(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0, 0);

    if (fd < 0)
        return -1;
    if (system_call(SYS_connect, fd, (long) address, sizeof(*address), 0, 0, 0) == 0 && is_ours(fd))
        return fd;
    system_call(SYS_close, fd, 0, 0, 0, 0, 0);
    return -1;
}

/* A request that is not sent to its end is none, and the program may make it anew. */
static bool send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        long sent = system_call(SYS_sendto, fd, (long) data, (long) size, MSG_NOSIGNAL, 0, 0);

        if (sent == -EINTR)
            continue;
        if (sent <= 0)
            return false;
        data += sent;
        size -= (size_t) sent;
    }
    return true;
}

/* Reads the answer up to its newline; false if it ends before, or has no room. */
static bool receive_line(int fd)
{
    while (made.answer_size < sizeof(answer_data)) {
        char *end = answer_data + made.answer_size;
        long  got;
        /* Not by a read that waits: it would be woken when the other side takes the request, too. */
        struct pollfd pollfd = {.fd = fd, .events = POLLIN};

        got = system_call(SYS_ppoll, (long) &pollfd, 1, 0, 0, 0, 0);
        if (got == -EINTR)
            continue;
        if (got > 0)
            got = system_call(SYS_recvfrom, fd, (long) end,
                              (long) (sizeof(answer_data) - made.answer_size), 0, 0, 0);
        if (got == -EINTR)
            continue;
        if (got <= 0)
            return false;
        made.answer_size += (size_t) got;
        if (end[got - 1] == '\n')
            return true;
    }
    return false;
}

/* Makes the request; true if it has an answer that is one line. */
static bool make_request(const struct sockaddr_un *address, const struct bytes *request)
{
    int fd = open_connection(address);

    if (fd < 0)
        return false;
    if (!send_all(fd, request->data, request->size)) {
        system_call(SYS_close, fd, 0, 0, 0, 0, 0);
        return false;
    }
    made.is_made = true;
    made.fd = fd;
    if (!receive_line(fd))
        return false;
    for (size_t i = 0; i + 1 < made.answer_size; i++)
        if (answer_data[i] == '\n')
            return false; /* it came in parts */
    return true;
}

/* What a caller closed would be given to the socket; what is to be done then, main.c says. */
static bool standard_descriptors_are_open(void)
{
    struct pollfd   fds[3];
    struct timespec now;

    now.tv_sec = now.tv_nsec = 0;
    for (int fd = 0; fd < 3; fd++) {
        fds[fd].fd = fd;
        fds[fd].events = fds[fd].revents = 0;
    }
    if (system_call(SYS_ppoll, (long) fds, 3, (long) &now, 0, 0, 0) < 0)
        return false;
    for (int fd = 0; fd < 3; fd++)
        if (fds[fd].revents & POLLNVAL)
            return false;
    return true;
}

/* A program that runs with more rights than its caller gets less of his environment. */
static bool is_secure(char *const *environment)
{
    const ElfW(auxv_t) * entry;

    while (*environment != NULL)
        environment++;
    for (entry = (const void *) (environment + 1); entry->a_type != AT_NULL; entry++)
        if (entry->a_type == AT_SECURE)
            return entry->a_un.a_val != 0;
    return false;
}

void quick_main(char **stack)
{
    long               count = (long) stack[0];
    struct words       words = {.next = stack + 2, .environment = stack + 1 + count + 1};
    struct bytes       request;
    struct sockaddr_un address;
    enum quick_command command;
    int                status = -1;

    bytes_open(&request, request_data, sizeof(request_data));
    address.sun_family = AF_UNIX;
    if (count < 2 || is_secure(words.environment) || !words_take_place(&words, &address))
        return;
    command = request_take_command(&words);
    if (!request_put(&request, &words, command) || request.failed ||
        !standard_descriptors_are_open())
        return;
    if (make_request(&address, &request))
        status = answer_end(command, answer_data, made.answer_size);
    if (status >= 0)
        system_call(SYS_exit_group, status, 0, 0, 0, 0, 0);
}
