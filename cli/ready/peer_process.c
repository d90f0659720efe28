#include "cli/ready/peer_process.h"

#include "cli/process/proc.h"
#include "cli/ready/address.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One line of /proc/net/tcp or tcp6: a socket that listens. */
struct listener {
    struct address     address;
    unsigned long long inode;
};

#define TCP_LISTEN 0x0A

/* Reads an address as these files have it: words of four bytes each, in the order of the processor. */
static bool read_address(const char *hex, unsigned port, struct address *ret)
{
    size_t   words = strlen(hex) / 8;
    uint32_t bytes[4] = {0};

    if (words != 1 && words != 4)
        return false;
    for (size_t i = 0; i < words; i++) {
        char word[9] = {0};

        memcpy(word, hex + 8 * i, 8);
        bytes[i] = (uint32_t) strtoul(word, NULL, 16);
    }
    *ret = (struct address){.size = 0};
    ret->any.sa_family = words == 1 ? AF_INET : AF_INET6;
    if (words == 1)
        memcpy(&ret->in.sin_addr, bytes, sizeof(ret->in.sin_addr));
    else
        memcpy(&ret->in6.sin6_addr, bytes, sizeof(ret->in6.sin6_addr));
    *(words == 1 ? &ret->in.sin_port : &ret->in6.sin6_port) = htons((in_port_t) port);
    return true;
}

/* Reads one line. Returns false if the line is not about a socket that listens. */
static bool read_listener(const char *line, struct listener *ret)
{
    char     host[33];
    unsigned port, state;

    return sscanf(line, " %*u: %32[0-9A-F]:%x %*s %x %*s %*s %*s %*u %*u %llu", host, &port, &state,
                  &ret->inode) == 4 &&
           state == TCP_LISTEN && read_address(host, port, &ret->address);
}

/* Returns how well LISTENER fits a connection to PEER. 0: not at all; 1: it listens on all addresses; 2: exactly. */
static int fit(const struct listener *listener, const struct address *peer)
{
    if (address_port(&listener->address) != address_port(peer))
        return 0;
    if (address_is_same_host(&listener->address, peer))
        return 2;
    return address_is_any_host(&listener->address) ? 1 : 0;
}

/* Looks in FILE for a listener that fits better than *BEST, and updates *BEST and *RET_INODE. */
static void search_listeners(const char *file, const struct address *peer, int *best,
                             unsigned long long *ret_inode)
{
    FILE           *stream = fopen(file, "re");
    struct listener listener;
    char            line[512];

    while (stream != NULL && fgets(line, sizeof(line), stream) != NULL)
        if (read_listener(line, &listener) && fit(&listener, peer) > *best) {
            *best = fit(&listener, peer);
            *ret_inode = listener.inode;
        }
    if (stream != NULL)
        fclose(stream);
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

/* Returns true if the process has the socket INODE open. */
static bool has_socket(pid_t pid, unsigned long long inode)
{
    char           path[32], wanted[40], target[40];
    DIR           *directory;
    struct dirent *entry;
    bool           found = false;

    (void) snprintf(path, sizeof(path), "/proc/%d/fd", (int) pid);
    (void) snprintf(wanted, sizeof(wanted), "socket:[%llu]", inode);
    directory = opendir(path);
    while (directory != NULL && !found && (entry = readdir(directory)) != NULL) {
        ssize_t size = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);

        target[size > 0 ? size : 0] = '\0';
        found = strcmp(target, wanted) == 0;
    }
    if (directory != NULL)
        closedir(directory);
    return found;
}

/* Returns the first process that has the socket open, or 0 if none can be seen. No socket has the inode 0. */
static pid_t find_process(unsigned long long inode)
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
    unsigned long long inode = 0;
    int                best = 0;

    if (!is_here(peer))
        return 0;
    search_listeners("/proc/net/tcp", peer, &best, &inode);
    search_listeners("/proc/net/tcp6", peer, &best, &inode);
    return find_process(inode);
}

/* Returns the process that called listen() at the other end of a connection of a Unix socket. */
static pid_t find_unix(int fd)
{
    struct ucred credentials = {.pid = 0};
    socklen_t    size = sizeof(credentials);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials.pid : 0;
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
    ret[length > 0 ? length : 0] = '\0';
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
