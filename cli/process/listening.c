#include "cli/process/listening.h"

#include "cli/process/sockets.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* The kernel's __SO_ACCEPTCON, as its table of Unix sockets has it. */
#define UNIX_LISTENS 0x10000U

/* The most sockets of a process that are looked at: each line of the tables is compared with all of them. */
#define SOCKETS_MAX 4096

/* One search, in one process. */
struct search {
    uint64_t *sockets; /* the inodes of its sockets */
    size_t    count;
    void (*visit)(const char *address, void *context);
    void *context;
};

static bool has_socket(const struct search *search, uint64_t inode)
{
    for (size_t i = 0; i < search->count; i++)
        if (search->sockets[i] == inode)
            return true;
    return false;
}

/* Adds a socket of the process. Returns false if no more are to be looked at. */
static bool add_socket(uint64_t inode, void *context)
{
    struct search *search = context;
    uint64_t      *larger = realloc(search->sockets, (search->count + 1) * sizeof(*larger));

    if (larger == NULL)
        return false;
    search->sockets = larger;
    larger[search->count++] = inode;
    return search->count < SOCKETS_MAX;
}

static void take_tcp_line(const char *line, void *context)
{
    const struct search *search = context;
    struct tcp_listener  found;
    char                 host[INET6_ADDRSTRLEN], address[INET6_ADDRSTRLEN + 16];

    if (!sockets_parse_tcp(line, &found) || !has_socket(search, found.inode) ||
        inet_ntop(found.family, found.host, host, sizeof(host)) == NULL)
        return;
    (void) snprintf(address, sizeof(address), found.family == AF_INET ? "%s:%u" : "[%s]:%u", host,
                    found.port);
    search->visit(address, search->context);
}

static void take_unix_line(const char *line, void *context)
{
    const struct search *search = context;
    unsigned             flags;
    uint64_t             inode;
    int                  path = 0;

    if (sscanf(line, "%*x: %*x %*x %x %*x %*x %" SCNu64 " %n", &flags, &inode, &path) == 2 &&
        line[path] != '\0' && (flags & UNIX_LISTENS) != 0 && has_socket(search, inode))
        search->visit(line + path, search->context);
}

void listening_find(pid_t pid, void (*visit)(const char *address, void *context), void *context)
{
    struct search search = {.visit = visit, .context = context};

    sockets_visit(pid, add_socket, &search);
    if (search.count > 0) {
        sockets_read_table(pid, "tcp", take_tcp_line, &search);
        sockets_read_table(pid, "tcp6", take_tcp_line, &search);
        sockets_read_table(pid, "unix", take_unix_line, &search);
    }
    free(search.sockets);
}
