/* A client, and a supervisor that the test plays itself, at the other end of a pair of sockets. */
#ifndef PAIR_H
#define PAIR_H

#include "tests/parts/written.h"

#include "cli/client/client.h"
#include "cli/place/place.h"

#include <sys/socket.h>

/* A client, and its supervisor's end of the connection. */
struct pair {
    struct client client;
    struct place  place;
    int           supervisor;
    struct text   told; /* by notifications */
};

static inline void tell(void *context, const json_t *params)
{
    text_printf(context, "%s ", json_string_value(params));
}

static inline struct pair *open_pair(void)
{
    static struct pair pair;
    int                ends[2];

    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    pair = (struct pair){.supervisor = ends[1]};
    pair.place.socket = "/nowhere/socket";
    pair.place.journal = "/dev/null";
    pair.client = (struct client){.open = true,
                                  .wire.fd = ends[0],
                                  .place = &pair.place,
                                  .notify = tell,
                                  .notify_context = &pair.told};
    return &pair;
}

static inline void close_pair(struct pair *pair)
{
    client_close(&pair->client);
    CHECK(!pair->client.open);
    close(pair->supervisor);
    text_release(&pair->told);
}

/* Sends TEXT, with ' in place of ", to the client, as a line if it has its end. */
static inline void answer(const struct pair *pair, const char *text)
{
    char *copy = strdup(text);

    CHECK(copy != NULL);
    for (char *at = copy; (at = strchr(at, '\'')) != NULL;)
        *at = '"';
    CHECK_EQUAL(write(pair->supervisor, copy, strlen(copy)), strlen(copy));
    free(copy);
}

/* Checks that the supervisor has got the requests WANTED, with ' in place of ", and nothing else. */
static inline void check_requests(const struct pair *pair, const char *wanted)
{
    char    bytes[4096];
    ssize_t size = recv(pair->supervisor, bytes, sizeof(bytes) - 1, MSG_DONTWAIT);

    bytes[size > 0 ? size : 0] = '\0';
    for (char *at = bytes; (at = strchr(at, '"')) != NULL;)
        *at = '\'';
    if (strcmp(bytes, wanted) != 0) {
        fprintf(stderr, "'%s', not '%s'\n", bytes, wanted);
        test_fail(__FILE__, __LINE__, "as it should be");
    }
}

/* Returns the parameters of a request that has none. */
static inline json_t *no_params(void)
{
    return json_object();
}

#endif
