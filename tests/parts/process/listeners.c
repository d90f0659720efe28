/*
 * Tests the search for the addresses on which a process listens (cli/process/listening.h). The sockets of the process,
 * and the tables of the kernel, are this file's.
 */
#include "tests/parts/blocks.h"

#include "cli/process/listening.h"
#include "cli/process/sockets.h"

#include <stdbool.h>
#include <sys/socket.h>

#define PID 4321

static uint64_t first_socket;
static size_t   socket_count, offered; /* the sockets of the process, and how many were taken */
static char     found[1024];
static int      tables;

void sockets_visit(pid_t pid, bool (*visit)(uint64_t inode, void *context), void *context)
{
    CHECK_EQUAL(pid, PID);
    for (offered = 0; offered < socket_count;)
        if (!visit(first_socket + offered++, context))
            return;
}

/* The lines of the TCP tables are "FAMILY PORT INODE", or refused. */
bool sockets_parse_tcp(const char *line, struct tcp_listener *ret)
{
    unsigned           family;
    unsigned long long inode;
    bool               is_good = line[0] != '-';

    CHECK_EQUAL(sscanf(line + !is_good, "%u %u %llu", &family, &ret->port, &inode), 3);
    ret->inode = inode;
    ret->family = (int) family;
    memset(ret->host, 0xfe, sizeof(ret->host));
    return is_good;
}

void sockets_read_table(pid_t pid, const char *name, void (*take)(const char *line, void *context),
                        void *context)
{
    char line[100];

    CHECK_EQUAL(pid, PID);
    tables++;
    if (strcmp(name, "unix") == 0) {
        take("Num       RefCount Protocol Flags    Type St Inode Path", context);
        take("0000: 00000002 00000000 00010000 0001 01 10 /run/a b", context);
        take("0000: 00000002 00000000 00010000 0001 01 11 @x", context);
        take("0000: 00000002 00000000 00000000 0001 01 12 /connected", context);
        take("0000: 00000002 00000000 00010000 0001 01 12", context);
        take("0000: 00000002 00000000 00010000 0001 01 99 /other", context);
        return;
    }
    for (int inode = 9; inode <= 11; inode++) {
        (void) snprintf(line, sizeof(line), "%d %d %d",
                        strcmp(name, "tcp") == 0 ? AF_INET : AF_INET6, 65500 + inode, inode);
        take(line, context);
    }
    (void) snprintf(line, sizeof(line), "-%d 7 10", AF_INET);
    take(line, context);
    (void) snprintf(line, sizeof(line), "%d 8 10", AF_UNIX); /* no family of addresses */
    take(line, context);
}

static void note(const char *address, void *context)
{
    CHECK(context == found);
    strcat(strcat(found, address), "\n");
}

static void check(size_t sockets, const char *wanted)
{
    socket_count = sockets;
    found[0] = '\0';
    tables = 0;
    listening_find(PID, note, found);
    if (strcmp(found, wanted) != 0)
        fprintf(stderr, "%s", found);
    CHECK_TEXT(found, wanted);
    CHECK_EQUAL(blocks, 0);
}

static void only_the_sockets_of_the_process_count(void)
{
    first_socket = 10;
    check(0, "");
    CHECK_EQUAL(tables, 0); /* the tables of a machine may be long */
    check(1, "254.254.254.254:65510\n[fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe]:65510\n/run/a b\n");
    CHECK_EQUAL(tables, 3);
    check(3, "254.254.254.254:65510\n254.254.254.254:65511\n"
             "[fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe]:65510\n"
             "[fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe]:65511\n/run/a b\n@x\n");
}

static void a_search_has_limits(void)
{
    first_socket = 100000;
    check(10000, "");
    CHECK_EQUAL(offered, 4096);
    first_socket = 10;
    failing = 1;
    check(3, "254.254.254.254:65510\n[fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe]:65510\n/run/a b\n");
    CHECK_EQUAL(offered, 2); /* without memory it ends there */
}

TEST_MAIN({"own", only_the_sockets_of_the_process_count}, {"limits", a_search_has_limits})
