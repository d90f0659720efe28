#include "cli/ready/peer_process.h"

#include "cli/process/proc.h"
#include "cli/process/sockets.h"
#include "cli/ready/address.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A search for the socket that listens for connections to PEER. */
struct search {
    const struct address *peer;
    int                   best;  /* how well the best of the sockets fits: see fit() */
    uint64_t              inode; /* of that socket; 0: none fits */
};

/* Returns the address on which FOUND listens. */
static struct address address_of(const struct tcp_listener *found)
{
    struct address address;

    address.any.sa_family = (sa_family_t) found->family;
    if (found->family == AF_INET) {
        memcpy(&address.in.sin_addr, found->host, sizeof(address.in.sin_addr));
        address.in.sin_port = htons((in_port_t) found->port);
    } else {
        memcpy(&address.in6.sin6_addr, found->host, sizeof(address.in6.sin6_addr));
        address.in6.sin6_port = htons((in_port_t) found->port);
    }
    return address;
}

/* Returns how well LISTENER fits a connection to PEER. 0: not at all; 1: it listens on all addresses; 2: exactly. */
static int fit(const struct address *listener, const struct address *peer)
{
    if (address_port(listener) != address_port(peer))
        return 0;
    if (address_is_same_host(listener, peer))
        return 2;
    return address_is_any_host(listener) ? 1 : 0;
}

static void take_tcp_line(const char *line, void *context)
{
    struct search      *search = context;
    struct tcp_listener found;
    struct address      address;

    if (!sockets_parse_tcp(line, &found))
        return;
    address = address_of(&found);
    if (fit(&address, search->peer) <= search->best)
        return;
    search->best = fit(&address, search->peer);
    search->inode = found.inode;
}

/* Returns true if PEER is an address of this machine: only such an address can be bound. */
static bool is_here(const struct address *peer)
{
    struct address address = *peer;
    int            fd = socket(peer->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool           is_bound;

    *(peer->any.sa_family == AF_INET ? &address.in.sin_port : &address.in6.sin6_port) = 0;
    is_bound = fd >= 0 && bind(fd, &address.any, address.size) == 0;
    if (fd >= 0)
        close(fd);
    return is_bound;
}

/*
 * Looks for the socket whose inode CONTEXT points to. Sets that to 0, and returns false to end the search, when it is
 * found.
 */
static bool look_for(uint64_t inode, void *context)
{
    uint64_t *wanted = context;

    if (inode == *wanted)
        *wanted = 0;
    return *wanted != 0;
}

static bool has_socket(pid_t pid, uint64_t inode)
{
    sockets_visit(pid, look_for, &inode);
    return inode == 0;
}

/* Returns the first process that has the socket open, or 0 if none can be seen. No socket has the inode 0. */
static pid_t find_process(uint64_t inode)
{
    DIR           *directory = opendir("/proc");
    struct dirent *entry;
    pid_t          found = 0;

    while (directory != NULL && found == 0 && (entry = readdir(directory)) != NULL) {
        pid_t pid = (pid_t) strtol(entry->d_name, NULL, 10); /* 0 for an entry that is no process */

        if (pid > 0 && has_socket(pid, inode))
            found = pid;
    }
    if (directory != NULL)
        closedir(directory);
    return found;
}

static pid_t find_tcp(const struct address *peer)
{
    struct search search = {.peer = peer};

    if (!is_here(peer))
        return 0;
    sockets_read_table(getpid(), "tcp", take_tcp_line, &search);
    sockets_read_table(getpid(), "tcp6", take_tcp_line, &search);
    return search.inode != 0 ? find_process(search.inode) : 0;
}

/* Returns the process that called listen() at the other end of a connection of a Unix socket. */
static pid_t find_unix(int fd)
{
    struct ucred credentials = {.pid = 0};
    socklen_t    size = sizeof(credentials);

    (void) getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size);
    return credentials.pid;
}

/* Reads the command line of PID, as far as there is room for it. Returns false if there is no such process. */
static bool read_command(pid_t pid, char *ret, size_t size)
{
    ssize_t length = proc_read(pid, "cmdline", ret, size);

    if (length < 0)
        return false;
    while (length > 0 && ret[length - 1] == '\0')
        length--;
    for (ssize_t i = 0; i < length; i++)
        if (ret[i] == '\0')
            ret[i] = ' ';
    return true;
}

void peer_process_describe(int fd, struct text *text)
{
    struct address peer = {.size = sizeof(peer.un)};
    char           command[128];
    pid_t          pid = 0;

    if (getpeername(fd, &peer.any, &peer.size) == 0)
        pid = peer.any.sa_family == AF_UNIX ? find_unix(fd) : find_tcp(&peer);
    if (pid > 0 && read_command(pid, command, sizeof(command)))
        text_printf(text, "pid %d (%s) listens there", (int) pid, command);
    else
        text_add(text, "another process listens there");
}
