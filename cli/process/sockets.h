/* Reads the kernel's tables of sockets, and which sockets a process has open. */
#ifndef K3THREAD_CLI_PROCESS_SOCKETS_H
#define K3THREAD_CLI_PROCESS_SOCKETS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A socket of TCP that listens. */
struct tcp_listener {
    int      family;  /* AF_INET or AF_INET6 */
    uint32_t host[4]; /* in the byte order of the network; AF_INET has only the first word */
    unsigned port;
    uint64_t inode; /* the number by which the kernel knows the socket */
};

/* Calls VISIT with the inode of each socket that PID has open, until VISIT returns false. */
void sockets_visit(pid_t pid, bool (*visit)(uint64_t inode, void *context), void *context);

/* Calls TAKE with each line of the table NAME ("tcp", "tcp6" or "unix") in the network of PID. */
void sockets_read_table(pid_t pid, const char *name, void (*take)(const char *line, void *context),
                        void *context);

/* Reads a line of the table "tcp" or "tcp6". Returns false unless it is about a socket that listens. */
bool sockets_parse_tcp(const char *line, struct tcp_listener *ret);

#endif
