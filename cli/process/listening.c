#include "cli/process/listening.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's TCP_LISTEN and __SO_ACCEPTCON, as its tables of sockets have them. */
#define TCP_LISTENS  0x0AU
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

static void add_socket(struct search *search, uint64_t inode)
{
    uint64_t *larger = realloc(search->sockets, (search->count + 1) * sizeof(*larger));

    if (larger == NULL)
        return;
    search->sockets = larger;
    larger[search->count++] = inode;
}

/* Lists the sockets among the descriptors of PID. */
static void find_sockets(struct search *search, pid_t pid)
{
    char                 path[64], target[64];
    const struct dirent *entry;
    DIR                 *directory;

    (void) snprintf(path, sizeof(path), "/proc/%d/fd", (int) pid);
    directory = opendir(path);
    while (directory != NULL && search->count < SOCKETS_MAX &&
           (entry = readdir(directory)) != NULL) {
        ssize_t  size = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
        uint64_t inode;

        target[size > 0 ? size : 0] = '\0';
        if (sscanf(target, "socket:[%" SCNu64 "]", &inode) == 1)
            add_socket(search, inode);
    }
    if (directory != NULL)
        closedir(directory);
}

/* Calls the visitor for an address of TCP. The kernel writes HOST in words of the processor's byte order. */
static void visit_tcp(const struct search *search, const char *host, unsigned port)
{
    size_t   words = strlen(host) / 8;
    uint32_t bytes[4];
    char     shown[INET6_ADDRSTRLEN], address[INET6_ADDRSTRLEN + 16];

    if (words != 1 && words != 4)
        return;
    for (size_t i = 0; i < words; i++) {
        char word[9] = {0};

        memcpy(word, host + 8 * i, 8);
        bytes[i] = (uint32_t) strtoul(word, NULL, 16);
    }
    if (inet_ntop(words == 1 ? AF_INET : AF_INET6, bytes, shown, sizeof(shown)) == NULL)
        return;
    (void) snprintf(address, sizeof(address), words == 1 ? "%s:%u" : "[%s]:%u", shown, port);
    search->visit(address, search->context);
}

static void take_tcp_line(const struct search *search, const char *line)
{
    char     host[33];
    unsigned port, state;
    uint64_t inode;

    if (sscanf(line, " %*[0-9]: %32[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %" SCNu64, host, &port,
               &state, &inode) == 4 &&
        state == TCP_LISTENS && has_socket(search, inode))
        visit_tcp(search, host, port);
}

static void take_unix_line(const struct search *search, const char *line)
{
    unsigned flags;
    uint64_t inode;
    int      path = 0;

    if (sscanf(line, "%*x: %*x %*x %x %*x %*x %" SCNu64 " %n", &flags, &inode, &path) == 2 &&
        path > 0 && line[path] != '\0' && (flags & UNIX_LISTENS) != 0 && has_socket(search, inode))
        search->visit(line + path, search->context);
}

/* Reads the table NAME of the sockets in the network of PID, and calls TAKE for each line. */
static void read_table(const struct search *search, pid_t pid, const char *name,
                       void (*take)(const struct search *search, const char *line))
{
    char   path[64];
    FILE  *file;
    char  *line = NULL;
    size_t capacity = 0;

    (void) snprintf(path, sizeof(path), "/proc/%d/net/%s", (int) pid, name);
    file = fopen(path, "re");
    while (file != NULL && getline(&line, &capacity, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        take(search, line);
    }
    free(line);
    if (file != NULL)
        (void) fclose(file);
}

void listening_find(pid_t pid, void (*visit)(const char *address, void *context), void *context)
{
    struct search search = {.visit = visit, .context = context};

    find_sockets(&search, pid);
    if (search.count > 0) {
        read_table(&search, pid, "tcp", take_tcp_line);
        read_table(&search, pid, "tcp6", take_tcp_line);
        read_table(&search, pid, "unix", take_unix_line);
    }
    free(search.sockets);
}
