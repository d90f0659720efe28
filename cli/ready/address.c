#include "cli/ready/address.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

/* Splits off the port and the brackets; returns false if TEXT cannot be HOST:PORT. */
static bool split(const char *text, size_t size, in_port_t default_port, char host[64],
                  in_port_t *ret_port)
{
    const char *colon = memrchr(text, ':', size);
    size_t      length = colon != NULL ? (size_t) (colon - text) : size;
    bool        is_bracketed = text[0] == '[';
    unsigned    port = 0;

    if (is_bracketed && text[size - 1] == ']')
        length = size;
    if (length < size)
        for (const char *c = text + length + 1; c < text + size; c++) {
            if (*c < '0' || *c > '9' || (port = port * 10 + (unsigned) (*c - '0')) > 65535)
                return false;
        }
    else
        port = default_port;
    if (is_bracketed && text[length - 1] != ']')
        return false;
    text += is_bracketed;
    length -= is_bracketed ? 2 : 0;
    if (port == 0 || length >= 64)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    *ret_port = htons((in_port_t) port);
    return strlen(host) == length;
}

static bool parse_v4(const char *host, in_port_t port, struct address *ret)
{
    *ret = (struct address){.in = {.sin_family = AF_INET, .sin_port = port},
                            .size = sizeof(struct sockaddr_in)};
    return inet_pton(AF_INET, host, &ret->in.sin_addr) == 1;
}

static bool parse_v6(const char *host, in_port_t port, struct address *ret)
{
    *ret = (struct address){.in6 = {.sin6_family = AF_INET6, .sin6_port = port},
                            .size = sizeof(struct sockaddr_in6)};
    return inet_pton(AF_INET6, host, &ret->in6.sin6_addr) == 1;
}

size_t address_parse(const char *text, size_t size, in_port_t default_port,
                     struct address ret[ADDRESS_MAX])
{
    char      host[64];
    in_port_t port;

    if (!split(text, size, default_port, host, &port))
        return 0;
    if (strcmp(host, "localhost") == 0)
        return (size_t) parse_v4("127.0.0.1", port, &ret[0]) + parse_v6("::1", port, &ret[1]);
    return parse_v4(host, port, &ret[0]) || parse_v6(host, port, &ret[0]);
}

/* Returns the host of ADDRESS as an address of IPv6. */
static struct in6_addr as_v6(const struct address *address)
{
    struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};

    if (address->any.sa_family == AF_INET6)
        return address->in6.sin6_addr;
    memcpy(mapped.s6_addr + 12, &address->in.sin_addr, sizeof(address->in.sin_addr));
    return mapped;
}

bool address_is_same_host(const struct address *a, const struct address *b)
{
    struct in6_addr hosts[] = {as_v6(a), as_v6(b)};

    return IN6_ARE_ADDR_EQUAL(&hosts[0], &hosts[1]);
}

bool address_is_any_host(const struct address *address)
{
    if (address->any.sa_family == AF_INET)
        return address->in.sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&address->in6.sin6_addr);
}

in_port_t address_port(const struct address *address)
{
    return address->any.sa_family == AF_INET ? address->in.sin_port : address->in6.sin6_port;
}
