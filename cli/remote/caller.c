#include "cli/remote/caller.h"

#include "cli/base/descriptors.h"
#include "cli/remote/link.h"
#include "cli/rpc/parse.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A request to be attached is shorter than this. */
#define REQUEST_MAX ((size_t) 4096)

/* One client whose first request has not come. */
struct caller {
    struct source source;
    struct link  *link;
    int           lifeline;
};

/* Returns true if LINE, SIZE bytes, asks that the client be attached. Overwrites LINE. */
static bool asks_attach(char *line, size_t size)
{
    json_error_t error;
    json_t      *request;
    const char  *method;
    bool         asks;

    if (memmem(line, size, "\"attach\"", strlen("\"attach\"")) == NULL)
        return false;
    request = parse_json(line, size, 0, &error);
    method = json_string_value(json_object_get(request, "method"));
    asks = method != NULL && strcmp(method, "attach") == 0;
    json_decref(request);
    return asks;
}

/* Sends the socket to the agent's supervisor. Returns false if that is not possible now. */
static bool hand_over(const struct caller *caller)
{
    char         byte = 0;
    struct iovec part = {&byte, 1};

    return descriptors_send(caller->lifeline, caller->source.fd, &part, 1, MSG_DONTWAIT) == 1;
}

/* Gives the client to the agent's supervisor if FOR_AGENT, else to the run. Frees CALLER. */
static void pass_on(struct caller *caller, bool for_agent)
{
    loop_remove(&caller->source);
    if (for_agent && hand_over(caller))
        close(caller->source.fd);
    else
        link_add_client(caller->link, caller->source.fd);
    free(caller);
}

static void drop(struct caller *caller)
{
    loop_close(&caller->source);
    free(caller);
}

/* Looks at the request, and leaves it in the socket. If its line has no end yet, the client stays a caller. */
static void caller_ready(struct source *source, uint32_t events)
{
    struct caller *caller = LOOP_OWNER(source, struct caller, source);
    char           bytes[REQUEST_MAX];
    ssize_t        n = recv(source->fd, bytes, sizeof(bytes), MSG_PEEK);
    const char    *end = n > 0 ? memchr(bytes, '\n', (size_t) n) : NULL;

    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        drop(caller);
    else if (end != NULL)
        pass_on(caller, asks_attach(bytes, (size_t) (end - bytes)));
    else if ((size_t) n == sizeof(bytes) || (events & (EPOLLHUP | EPOLLRDHUP)) != 0)
        pass_on(caller, false);
}

/* The loop calls caller_ready() only when more bytes have come (EPOLLET), so half a request can stay in the socket. */
void caller_add(struct link *link, int lifeline, int socket)
{
    struct caller *caller = malloc(sizeof(*caller));

    if (caller == NULL) {
        link_add_client(link, socket);
        return;
    }
    *caller = (struct caller){
        .source = {.fd = socket, .ready = caller_ready}, .link = link, .lifeline = lifeline};
    if (loop_add(&caller->source, EPOLLIN | EPOLLRDHUP | (uint32_t) EPOLLET) == 0)
        return;
    free(caller);
    link_add_client(link, socket);
}
