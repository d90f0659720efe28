#include "cli/process/sockets.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel's TCP_LISTEN, as its table has it. */
#define TCP_LISTENS 0x0AU

void sockets_visit(pid_t pid, bool (*visit)(uint64_t inode, void *context), void *context)
{
    char                 path[64], target[64];
    const struct dirent *entry;
    DIR                 *directory;
    bool                 goes_on = true;

    (void) snprintf(path, sizeof(path), "/proc/%d/fd", (int) pid);
    directory = opendir(path);
    while (directory != NULL && goes_on && (entry = readdir(directory)) != NULL) {
        ssize_t  size = readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
        uint64_t inode;

        target[size > 0 ? size : 0] = '\0';
        if (sscanf(target, "socket:[%" SCNu64 "]", &inode) == 1)
            goes_on = visit(inode, context);
    }
    if (directory != NULL)
        closedir(directory);
}

void sockets_read_table(pid_t pid, const char *name, void (*take)(const char *line, void *context),
                        void *context)
{
    char   path[64];
    FILE  *file;
    char  *line = NULL;
    size_t capacity = 0;

    (void) snprintf(path, sizeof(path), "/proc/%d/net/%s", (int) pid, name);
    file = fopen(path, "re");
    while (file != NULL && getline(&line, &capacity, file) > 0) {
        line[strcspn(line, "\n")] = '\0';
        take(line, context);
    }
    free(line);
    if (file != NULL)
        (void) fclose(file);
}

/* Reads HEX, an address. The kernel writes words of four bytes, each as a number of this processor. */
static bool parse_host(const char *hex, struct tcp_listener *ret)
{
    size_t words = strlen(hex) / 8;

    if (words != 1 && words != 4)
        return false;
    ret->family = words == 1 ? AF_INET : AF_INET6;
    for (size_t i = 0; i < words; i++) {
        char word[9] = {0};

        memcpy(word, hex + 8 * i, 8);
        ret->host[i] = (uint32_t) strtoul(word, NULL, 16);
    }
    return true;
}

bool sockets_parse_tcp(const char *line, struct tcp_listener *ret)
{
    char     host[33];
    unsigned state;

    return sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %*s %x %*s %*s %*s %*s %*s %" SCNu64, host,
                  &ret->port, &state, &ret->inode) == 4 &&
           state == TCP_LISTENS && parse_host(host, ret);
}
