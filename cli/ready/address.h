/* Reads and compares addresses of sockets. */
#ifndef K3THREAD_CLI_READY_ADDRESS_H
#define K3THREAD_CLI_READY_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The address of one socket. */
struct address {
    union {
        struct sockaddr     any;
        struct sockaddr_in  in;
        struct sockaddr_in6 in6;
        struct sockaddr_un  un;
    };
    socklen_t size;
};

/* The most addresses that a host has here: "localhost" has two. */
#define ADDRESS_MAX 2

/*
 * Reads HOST:PORT, or [HOST]:PORT, from the SIZE bytes of TEXT. If DEFAULT_PORT is not 0, the port may be left out.
 * HOST is an address or "localhost". Returns the number of addresses that the text names; 0 if it is no such text.
 */
size_t address_parse(const char *text, size_t size, in_port_t default_port,
                     struct address ret[ADDRESS_MAX]);

/*
 * Returns true if two addresses have the same host. An address of IPv4 is the same host as that address mapped into
 * IPv6.
 */
bool address_is_same_host(const struct address *a, const struct address *b);

/* Returns true if ADDRESS means every address of this machine. */
bool address_is_any_host(const struct address *address);

/* Returns the port of an internet address. */
in_port_t address_port(const struct address *address);

#endif
