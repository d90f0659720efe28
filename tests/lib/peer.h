/* The supervisor's end of a connection, for the tests of an attached process: whole lines, to and fro. */
#ifndef PEER_H
#define PEER_H

#include "test.h"

#include <stdarg.h>
#include <sys/socket.h>

/* Reads the next line from FD, without its newline. At the end of the connection LINE is empty. */
static inline void peer_read(int fd, char *line, size_t size)
{
    size_t        used = 0;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    do {
        CHECK(used < size);
        while (ppoll(&poll_fd, 1, NULL, NULL) != 1)
            CHECK_EQUAL(errno, EINTR); /* a signal of the library may come */
    } while (read(fd, line + used, 1) == 1 && line[used++] != '\n');
    line[used > 0 ? used - 1 : 0] = '\0';
}

/* Checks that the next line from FD is the one that FORMAT makes. */
__attribute__((format(printf, 2, 3))) static inline void peer_expect(int fd, const char *format,
                                                                     ...)
{
    char    got[4096], wanted[4096];
    va_list arguments;

    va_start(arguments, format);
    (void) vsnprintf(wanted, sizeof(wanted), format, arguments);
    va_end(arguments);
    peer_read(fd, got, sizeof(got));
    if (strcmp(got, wanted) != 0) {
        fprintf(stderr, "got    %s\nwanted %s\n", got, wanted);
        test_fail(__FILE__, __LINE__, "another line came");
    }
}

/* Returns true if nothing waits to be read from FD, and it has not come to its end. */
static inline bool peer_is_silent(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    return ppoll(&poll_fd, 1, &(struct timespec){0}, NULL) == 0;
}

/* Sends LINE and a newline to FD; with DESCRIPTOR, unless it is -1. */
static inline void peer_send(int fd, const char *line, int descriptor)
{
    char            space[CMSG_SPACE(sizeof(descriptor))] = {0}, newline = '\n';
    struct iovec    parts[] = {{(void *) (uintptr_t) line, strlen(line)}, {&newline, 1}};
    struct msghdr   message = {.msg_iov = parts, .msg_iovlen = 2};
    struct cmsghdr *head;

    if (descriptor >= 0) {
        message.msg_control = space;
        message.msg_controllen = sizeof(space);
        head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(descriptor));
        memcpy(CMSG_DATA(head), &descriptor, sizeof(descriptor));
    }
    CHECK_EQUAL(sendmsg(fd, &message, MSG_NOSIGNAL), strlen(line) + 1);
}

#endif
